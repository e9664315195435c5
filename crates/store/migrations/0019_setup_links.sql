-- Links by which somebody without an account sets up one connection, by the hash of their secret. Each step is noted once;
-- `test_attempt` is the last test that was begun by the link.
CREATE TABLE setup_links (
  id BLOB NOT NULL PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  account_id BLOB NOT NULL,
  connection_id BLOB NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  opened_at BIGINT,
  saved_at BIGINT,
  given_at BIGINT,
  people_at BIGINT,
  test_attempt BLOB,
  test_at BIGINT,
  asked_at BIGINT,
  revoked_at BIGINT,
  ended_at BIGINT
) WITHOUT ROWID;
CREATE INDEX setup_links_by_account ON setup_links (account_id, id);
CREATE INDEX setup_links_by_connection ON setup_links (connection_id);
CREATE INDEX setup_links_by_end ON setup_links (expires_at);
