-- A subject may stand for several users of an account, whom an administrator linked; the person chooses. The first link of
-- a subject has seat 0, and every link that a sign-in makes wants that seat: so of two first sign-ins at once one is
-- refused, and finds the user whom the other one made.
CREATE TABLE identities_before AS SELECT * FROM identities;
DROP TABLE identities;
CREATE TABLE identities (
  connection_id BLOB NOT NULL REFERENCES connections (id),
  subject TEXT NOT NULL,
  account_id BLOB NOT NULL REFERENCES accounts (id),
  seat BIGINT NOT NULL,
  user_id BLOB NOT NULL REFERENCES users (id),
  linked_at BIGINT NOT NULL,
  PRIMARY KEY (connection_id, subject, account_id, seat)
) WITHOUT ROWID;
CREATE INDEX identities_by_user ON identities (user_id);
INSERT INTO identities (connection_id, subject, account_id, seat, user_id, linked_at)
  SELECT connection_id, subject, account_id, 0, user_id, linked_at FROM identities_before;
DROP TABLE identities_before;
