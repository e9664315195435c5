-- Authenticators of people who sign in by password: the sealed secret, and the last step of which a code was used.
CREATE TABLE totps (
  user_id BLOB NOT NULL PRIMARY KEY,
  secret BLOB NOT NULL,
  last_step BIGINT NOT NULL,
  since BIGINT NOT NULL
) WITHOUT ROWID;

-- Codes for the day on which the authenticator is lost, by their hash; each is good once.
CREATE TABLE recovery_codes (
  hash BLOB NOT NULL PRIMARY KEY,
  user_id BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX recovery_codes_by_user ON recovery_codes (user_id);

-- People whose password was right, and who have yet to say a code; with the sealed secret of an authenticator that is
-- being set up.
CREATE TABLE second_steps (
  hash BLOB NOT NULL PRIMARY KEY,
  user_id BLOB NOT NULL,
  phc TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  secret BLOB,
  tries BIGINT NOT NULL DEFAULT 0,
  expires_at BIGINT NOT NULL
) WITHOUT ROWID;
