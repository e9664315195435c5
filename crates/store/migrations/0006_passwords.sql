-- Argon2id, in the PHC string format.
CREATE TABLE passwords (
  user_id BLOB NOT NULL PRIMARY KEY,
  phc TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  used_at BIGINT
) WITHOUT ROWID;

-- Links by which a password is set, by the hash of their secret. Without a person: the first operator's.
CREATE TABLE password_links (
  hash BLOB NOT NULL PRIMARY KEY,
  user_id BLOB,
  expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX password_links_by_user ON password_links (user_id) WHERE user_id IS NOT NULL;

-- Whoever asked for such a link, whether they are known or not: a job looks.
CREATE TABLE password_requests (
  id BLOB NOT NULL PRIMARY KEY,
  account_id BLOB NOT NULL,
  email TEXT NOT NULL,
  language TEXT NOT NULL,
  requested_at BIGINT NOT NULL
) WITHOUT ROWID;
