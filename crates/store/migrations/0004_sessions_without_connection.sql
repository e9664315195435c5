-- A session that began with a password has no connection, so the column may be null: sessions are copied into a table
-- that allows it.
CREATE TABLE sessions_kept AS SELECT * FROM sessions;
DROP TABLE sessions;
CREATE TABLE sessions (
  id BLOB NOT NULL PRIMARY KEY,
  token_hash BLOB NOT NULL UNIQUE,
  account_id BLOB NOT NULL,
  connection_id BLOB,
  user_id BLOB,
  passed_through TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  authentication TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO sessions SELECT * FROM sessions_kept;
DROP TABLE sessions_kept;
CREATE INDEX sessions_by_user ON sessions (user_id) WHERE user_id IS NOT NULL;
