-- What the console looks through: names of accounts, and where people wait.

CREATE INDEX accounts_by_text ON accounts (path, name_key, id);
CREATE INDEX applicants_open ON applicants (account_id) WHERE state IN ('waiting', 'second_step');
