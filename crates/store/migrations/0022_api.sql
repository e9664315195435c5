-- Keys of the admin API, by the hash of their secret.
CREATE TABLE api_keys (
  id BLOB NOT NULL PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  account_id BLOB NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  access TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  used_at BIGINT,
  expires_at BIGINT,
  revoked_at BIGINT
) WITHOUT ROWID;
CREATE INDEX api_keys_by_account ON api_keys (account_id, id);
CREATE INDEX api_keys_by_end ON api_keys (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX api_keys_by_revocation ON api_keys (revoked_at) WHERE revoked_at IS NOT NULL;

-- What was answered to requests with an Idempotency-Key: whose (`caller`), under which key, to which request. The answer
-- is sealed; none: the request is under way, or was broken off.
CREATE TABLE api_answers (
  caller TEXT NOT NULL,
  name TEXT NOT NULL,
  request BLOB NOT NULL,
  begun_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  answer BLOB,
  PRIMARY KEY (caller, name)
) WITHOUT ROWID;
CREATE INDEX api_answers_by_end ON api_answers (expires_at);
