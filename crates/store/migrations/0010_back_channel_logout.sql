-- Applications that got tokens of a session and want to be told of its end (OpenID Connect Back-Channel Logout 1.0). Those
-- that do not have no row. Once the session has ended, a row has a time at which its application is told next; it goes when
-- the application has taken it, or when it is given up.
CREATE TABLE session_applications (
  session_id BLOB NOT NULL,
  client_id TEXT NOT NULL,
  account_id BLOB NOT NULL,
  sub TEXT NOT NULL,
  ended_at BIGINT,
  due_at BIGINT,
  failures BIGINT NOT NULL,
  note TEXT,
  PRIMARY KEY (session_id, client_id)
) WITHOUT ROWID;
CREATE INDEX session_applications_by_due ON session_applications (due_at) WHERE due_at IS NOT NULL;
