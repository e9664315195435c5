-- What whoever sets a draft up from the console said of it, and the last test that was begun there: a link keeps the same
-- with itself. `watch` is the hash of what the address of a test is told once, so that its attempt is found again.
CREATE TABLE console_setups (
  connection_id BLOB NOT NULL PRIMARY KEY,
  saved_at BIGINT,
  given_at BIGINT,
  people_at BIGINT,
  watch BLOB,
  test_attempt BLOB,
  test_at BIGINT
) WITHOUT ROWID;

-- The names of the claims that an identity provider has sent: names alone, nothing personal.
CREATE TABLE observed_claims (
  connection_id BLOB NOT NULL PRIMARY KEY,
  seen_at BIGINT NOT NULL,
  names TEXT NOT NULL
) WITHOUT ROWID;
