-- How long an account's sessions last and how they begin: what it sets itself stands in its settings; here is what it has,
-- with what comes from the accounts above it. NULL: nothing is set anywhere.
ALTER TABLE accounts ADD COLUMN sessions TEXT;

-- The groups of people, as their profiles hold them, so that whoever is in one is found by it. A job writes those of
-- people who were there before: 1 says that it did.
CREATE TABLE user_groups (
  account_id BLOB NOT NULL,
  name TEXT NOT NULL,
  user_id BLOB NOT NULL,
  PRIMARY KEY (account_id, name, user_id)
) WITHOUT ROWID;
ALTER TABLE users ADD COLUMN groups_listed BIGINT;
CREATE INDEX users_without_groups_listed ON users (id) WHERE groups_listed IS NULL;

-- How many of a day's sign-ins ended in each of its hours (UTC): in the row that counts the day, so that nothing more is
-- written for it.
ALTER TABLE sign_in_counts ADD COLUMN h00 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h01 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h02 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h03 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h04 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h05 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h06 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h07 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h08 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h09 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h10 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h11 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h12 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h13 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h14 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h15 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h16 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h17 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h18 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h19 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h20 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h21 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h22 BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_in_counts ADD COLUMN h23 BIGINT NOT NULL DEFAULT 0;
