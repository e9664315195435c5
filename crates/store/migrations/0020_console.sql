-- What the console lists and counts, each by an index.

-- From when on a connection needs somebody's attention, as its settings say, and when the last of its certificates ends:
-- kept with the settings. -1: not looked at since this migration, which a job does. And how many people are linked to it.
ALTER TABLE connections ADD COLUMN attention_at BIGINT;
ALTER TABLE connections ADD COLUMN certificate_ends BIGINT;
ALTER TABLE connections ADD COLUMN people BIGINT NOT NULL DEFAULT 0;
UPDATE connections SET attention_at = -1,
  people = (SELECT COUNT(*) FROM identities i WHERE i.connection_id = connections.id);
CREATE INDEX connections_by_attention ON connections (attention_at) WHERE attention_at IS NOT NULL;
CREATE INDEX connections_by_certificate ON connections (certificate_ends) WHERE certificate_ends IS NOT NULL;
CREATE INDEX metadata_refreshes_in_trouble ON metadata_refreshes (connection_id)
  WHERE failures > 0 OR note_code IS NOT NULL;

-- How sign-ins end: by day (since 1970, UTC), in an account and in each above it. Several slots, so that no two sign-ins
-- wait for the same row of the root.
CREATE TABLE sign_in_counts (
  day BIGINT NOT NULL,
  account_id BLOB NOT NULL,
  outcome TEXT NOT NULL,
  slot BIGINT NOT NULL,
  number BIGINT NOT NULL,
  PRIMARY KEY (day, account_id, outcome, slot)
) WITHOUT ROWID;

-- Accounts below one, page by page; and their names as they are looked for.
ALTER TABLE accounts ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE accounts SET name_key = lower(name);
DROP INDEX accounts_by_parent;
CREATE INDEX accounts_by_parent ON accounts (parent_id, path);

-- People of an account by name, by age, by connection; and by address in all accounts. A job writes the names of people
-- who were there before.
ALTER TABLE users ADD COLUMN name_key TEXT;
CREATE INDEX users_by_name ON users (account_id, name_key, id);
CREATE INDEX users_without_name_key ON users (id) WHERE name_key IS NULL;
CREATE INDEX users_suspended ON users (account_id, name_key, id) WHERE state = 'suspended';
CREATE INDEX users_by_age ON users (account_id, id);
CREATE INDEX users_by_address ON users (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX identities_by_person ON identities (connection_id, user_id);
