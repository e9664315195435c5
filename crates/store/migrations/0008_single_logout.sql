-- Single logout. By which names an identity provider may ask for the end of a session: hashes over connection, kind and
-- name. Only sessions of connections that have a logout address have any. They outlive their session until its longest
-- life is over, so that who asks again is told that it has ended.
CREATE TABLE session_names (
  hash BLOB NOT NULL,
  session_id BLOB NOT NULL,
  PRIMARY KEY (hash, session_id)
) WITHOUT ROWID;
CREATE INDEX session_names_by_session ON session_names (session_id);

-- Other names that an identity provider gave somebody in a logout request: which name of `session_names` is theirs.
CREATE TABLE earlier_names (
  hash BLOB NOT NULL PRIMARY KEY,
  name_hash BLOB NOT NULL,
  seen_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX earlier_names_by_time ON earlier_names (seen_at);

-- Logouts that we asked identity providers for.
CREATE TABLE logouts (
  id BLOB NOT NULL PRIMARY KEY,
  account_id BLOB NOT NULL,
  connection_id BLOB NOT NULL,
  origin TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  answer TEXT
) WITHOUT ROWID;
