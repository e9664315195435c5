-- How an account's pages look: what it sets itself stands in its settings; here is what it has, with what comes from the
-- accounts above it. NULL: nothing is set anywhere.
ALTER TABLE accounts ADD COLUMN brand TEXT;

-- The pictures that accounts set, each under the name by which browsers ask for it.
CREATE TABLE logos (
  file TEXT NOT NULL,
  account_id BLOB NOT NULL REFERENCES accounts (id),
  content BLOB NOT NULL,
  PRIMARY KEY (file, account_id)
);
CREATE INDEX logos_by_account ON logos (account_id);
