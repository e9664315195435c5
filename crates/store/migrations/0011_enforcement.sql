-- How one person signs in, and since when they may do so by password whatever is demanded.
ALTER TABLE users ADD COLUMN sign_in TEXT NOT NULL DEFAULT 'account';
ALTER TABLE users ADD COLUMN break_glass_since BIGINT;
CREATE INDEX users_break_glass ON users (account_id) WHERE break_glass_since IS NOT NULL;

-- Counts the times at which the door for a password may have closed: a sign-in that began before does not count.
ALTER TABLE passwords ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;

-- Mails that are to be sent: a link to whoever typed an address, an invitation, a notice. They are written when they
-- are sent, so no link stands here.
DROP TABLE password_requests;
CREATE TABLE mails (
  id BLOB NOT NULL PRIMARY KEY,
  account_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  email TEXT,
  user_id BLOB,
  language TEXT NOT NULL,
  wished_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  next_try_at BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  problem TEXT
) WITHOUT ROWID;
CREATE INDEX mails_due ON mails (next_try_at);
