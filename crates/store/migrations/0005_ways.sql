-- By whose connections the people of an account sign in: resolved when an account is saved, so that a sign-in reads it
-- where it reads the connections, and no tree. The account itself stands first, then those above it.
CREATE TABLE ways (
  account_id BLOB NOT NULL REFERENCES accounts (id),
  place BIGINT NOT NULL,
  source_id BLOB NOT NULL REFERENCES accounts (id),
  behind TEXT NOT NULL,
  PRIMARY KEY (account_id, place)
) WITHOUT ROWID;
CREATE INDEX ways_by_source ON ways (source_id);
INSERT INTO ways (account_id, place, source_id, behind) SELECT id, 0, id, 'waits' FROM accounts;

-- One connection may serve several accounts, so a subject is somebody in each of them.
CREATE TABLE identities_before AS SELECT * FROM identities;
DROP TABLE identities;
CREATE TABLE identities (
  connection_id BLOB NOT NULL REFERENCES connections (id),
  subject TEXT NOT NULL,
  account_id BLOB NOT NULL REFERENCES accounts (id),
  user_id BLOB NOT NULL REFERENCES users (id),
  linked_at BIGINT NOT NULL,
  PRIMARY KEY (connection_id, subject, account_id)
) WITHOUT ROWID;
CREATE INDEX identities_by_user ON identities (user_id);
INSERT INTO identities (connection_id, subject, account_id, user_id, linked_at)
  SELECT i.connection_id, i.subject, u.account_id, i.user_id, i.linked_at
  FROM identities_before i JOIN users u ON u.id = i.user_id;
DROP TABLE identities_before;
