-- What the console looks through: names of accounts, where people wait, and how connections stand.

-- Unique as paths are, so that connections come out of it in the order of their accounts.
CREATE UNIQUE INDEX accounts_by_text ON accounts (path, name_key, id);
CREATE INDEX applicants_open ON applicants (account_id) WHERE state IN ('waiting', 'second_step');
CREATE INDEX connections_standing ON connections (account_id, attention_at, certificate_ends, id);
DROP INDEX connections_by_certificate;
CREATE INDEX connections_by_certificate ON connections (certificate_ends, id) WHERE certificate_ends IS NOT NULL;
