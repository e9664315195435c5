-- The first schema. Ids are the 16 octets of a UUID of version 7, so inserts go to the end of an index. Times are
-- milliseconds since 1970-01-01T00:00Z, truth is 0 or 1, settings are JSON that only the program reads.
--
-- Rows of the sign-in path have no foreign keys: each would cost a lookup in the one writer, and they end by
-- themselves. Their indexes are the fewest that a request needs: each is a page to write in every commit. Hashes of
-- theirs begin with a time of 6 octets, as ids do, so that what is written together lies together.

-- What caches of settings compare: counted up with every change of an account, a connection, a domain or an application.
CREATE TABLE deployment (
  singleton BIGINT NOT NULL PRIMARY KEY CHECK (singleton = 1),
  version BIGINT NOT NULL
);
INSERT INTO deployment (singleton, version) VALUES (1, 1);

CREATE TABLE accounts (
  id BLOB NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  parent_id BLOB REFERENCES accounts (id),
  path TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  sub_domain TEXT,
  settings TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX accounts_by_parent ON accounts (parent_id);

-- Every label that an account has or had. A former one stays the account's.
CREATE TABLE sub_domains (
  label TEXT NOT NULL PRIMARY KEY,
  account_id BLOB NOT NULL REFERENCES accounts (id),
  is_current BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sub_domains_by_account ON sub_domains (account_id);

-- With a rowid in SQLite: settings hold certificates, and a clustered index of long rows is a deep one.
CREATE TABLE connections (
  id BLOB NOT NULL PRIMARY KEY,
  account_id BLOB NOT NULL REFERENCES accounts (id),
  version BIGINT NOT NULL,
  state TEXT NOT NULL,
  name TEXT NOT NULL,
  issuer TEXT,
  edited_at BIGINT NOT NULL,
  tested_at BIGINT,
  settings TEXT NOT NULL,
  UNIQUE (account_id, name)
);

-- Further addresses at which connections take answers, kept in step with their settings.
CREATE TABLE connection_aliases (
  url TEXT NOT NULL,
  connection_id BLOB NOT NULL REFERENCES connections (id),
  PRIMARY KEY (url, connection_id)
) WITHOUT ROWID;
CREATE INDEX connection_aliases_by_connection ON connection_aliases (connection_id);

CREATE TABLE connection_keys (
  connection_id BLOB NOT NULL REFERENCES connections (id),
  id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  sealed BLOB NOT NULL,
  certificate BLOB NOT NULL,
  created_at BIGINT NOT NULL,
  is_active BIGINT NOT NULL,
  PRIMARY KEY (connection_id, id)
);

-- Several accounts may claim a domain; one may have proved it.
CREATE TABLE domain_claims (
  domain TEXT NOT NULL,
  account_id BLOB NOT NULL REFERENCES accounts (id),
  token TEXT NOT NULL,
  claimed_at BIGINT NOT NULL,
  PRIMARY KEY (domain, account_id)
) WITHOUT ROWID;
CREATE INDEX domain_claims_by_account ON domain_claims (account_id);

CREATE TABLE proved_domains (
  domain TEXT NOT NULL PRIMARY KEY,
  account_id BLOB NOT NULL REFERENCES accounts (id),
  connection_id BLOB REFERENCES connections (id),
  how TEXT NOT NULL,
  proved_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX proved_domains_by_account ON proved_domains (account_id);
CREATE INDEX proved_domains_by_connection ON proved_domains (connection_id);

CREATE TABLE applications (
  client_id TEXT NOT NULL PRIMARY KEY,
  account_id BLOB REFERENCES accounts (id),
  version BIGINT NOT NULL,
  settings TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE users (
  id BLOB NOT NULL PRIMARY KEY,
  account_id BLOB NOT NULL REFERENCES accounts (id),
  version BIGINT NOT NULL,
  state TEXT NOT NULL,
  console_role TEXT,
  email_key TEXT,
  created_at BIGINT NOT NULL,
  profile TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX users_by_email ON users (account_id, email_key);

CREATE TABLE identities (
  connection_id BLOB NOT NULL REFERENCES connections (id),
  subject TEXT NOT NULL,
  user_id BLOB NOT NULL REFERENCES users (id),
  linked_at BIGINT NOT NULL,
  PRIMARY KEY (connection_id, subject)
) WITHOUT ROWID;
CREATE INDEX identities_by_user ON identities (user_id);

-- With a rowid in SQLite: an answer and its report make long rows.
CREATE TABLE attempts (
  id BLOB NOT NULL PRIMARY KEY,
  account_id BLOB NOT NULL,
  connection_id BLOB NOT NULL,
  progress TEXT NOT NULL,
  purpose TEXT NOT NULL,
  force_authn BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  binding BLOB NOT NULL,
  origin TEXT NOT NULL,
  acs_url TEXT NOT NULL,
  target TEXT NOT NULL,
  asserted TEXT,
  refusal TEXT,
  report TEXT
);

-- Assertions that were used: a hash over connection, issuer and assertion ID, behind the time of issue.
CREATE TABLE used_assertions (
  hash BLOB NOT NULL PRIMARY KEY,
  expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX used_assertions_by_end ON used_assertions (expires_at);

-- The last answers that each connection got: a ring of slots.
CREATE TABLE answer_counters (
  connection_id BLOB NOT NULL PRIMARY KEY,
  answers BIGINT NOT NULL
) WITHOUT ROWID;
CREATE TABLE recent_answers (
  connection_id BLOB NOT NULL,
  slot BIGINT NOT NULL,
  number BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  attempt_id BLOB,
  code TEXT,
  report TEXT NOT NULL,
  PRIMARY KEY (connection_id, slot)
);

CREATE TABLE sessions (
  id BLOB NOT NULL PRIMARY KEY,
  token_hash BLOB NOT NULL UNIQUE,
  account_id BLOB NOT NULL,
  connection_id BLOB NOT NULL,
  user_id BLOB,
  passed_through TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  authentication TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_id) WHERE user_id IS NOT NULL;

-- A redeemed code stays until its end, so that a second use is seen.
CREATE TABLE codes (
  hash BLOB NOT NULL PRIMARY KEY,
  client_id TEXT NOT NULL,
  session_id BLOB NOT NULL,
  expires_at BIGINT NOT NULL,
  token_hash BLOB,
  content TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE tokens (
  hash BLOB NOT NULL PRIMARY KEY,
  session_id BLOB NOT NULL,
  expires_at BIGINT NOT NULL,
  content TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE key_material (
  id TEXT NOT NULL PRIMARY KEY,
  purpose TEXT NOT NULL,
  sealed BLOB NOT NULL,
  public TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  active_from BIGINT NOT NULL,
  retired_at BIGINT
);
CREATE INDEX key_material_by_purpose ON key_material (purpose);

CREATE TABLE events (
  id BLOB NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  account_id BLOB,
  user_id BLOB,
  actor TEXT NOT NULL,
  fact TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX events_by_account ON events (account_id, id);

CREATE TABLE leases (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  held_until BIGINT NOT NULL
) WITHOUT ROWID;
