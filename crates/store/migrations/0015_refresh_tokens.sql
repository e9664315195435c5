-- Refresh tokens. All that go back to one sign-in are a family: a row, with the hash of the newest one's secret. A row that
-- is not offline opens nothing without its session; one that is outlives it, and ends with what the session rested on: the
-- person's, the connection's or the account's right to sign in.
CREATE TABLE refresh_families (
  id BLOB NOT NULL PRIMARY KEY,
  secret_hash BLOB NOT NULL,
  client_id TEXT NOT NULL,
  session_id BLOB NOT NULL,
  account_id BLOB NOT NULL,
  connection_id BLOB,
  user_id BLOB,
  is_offline BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  content TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX refresh_families_by_user ON refresh_families (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX refresh_families_by_end ON refresh_families (expires_at);

-- What a code gave, so that its second use takes all of it back; and by which family a token came.
ALTER TABLE codes ADD COLUMN family_id BLOB;
ALTER TABLE tokens ADD COLUMN family_id BLOB;

-- Access tokens of applications for themselves: of no person and no session.
CREATE TABLE own_tokens (
  hash BLOB NOT NULL PRIMARY KEY,
  client_id TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  content TEXT NOT NULL
) WITHOUT ROWID;
