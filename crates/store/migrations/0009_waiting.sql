-- What people were given by those who let them in, in JSON; null where it is nothing.
ALTER TABLE users ADD COLUMN grants TEXT;

-- People who have to be let in. One for each subject at a connection in an account; without a connection where somebody
-- asked on their behalf. A list is sorted by time, by name or by address, within one state. A mail is due at `mail_at`:
-- to the approvers while they wait, to themselves afterwards.
CREATE TABLE applicants (
  id BLOB NOT NULL PRIMARY KEY,
  account_id BLOB NOT NULL REFERENCES accounts (id),
  connection_id BLOB,
  subject TEXT,
  state TEXT NOT NULL,
  name_key TEXT NOT NULL,
  email_key TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  mail_at BIGINT,
  version BIGINT NOT NULL,
  file TEXT NOT NULL,
  UNIQUE (account_id, connection_id, subject)
);
CREATE INDEX applicants_by_time ON applicants (account_id, state, asked_at, id);
CREATE INDEX applicants_by_name ON applicants (account_id, state, name_key, id);
CREATE INDEX applicants_by_email ON applicants (account_id, state, email_key, id);
CREATE INDEX applicants_by_end ON applicants (expires_at);
CREATE INDEX applicants_by_mail ON applicants (mail_at) WHERE mail_at IS NOT NULL;
