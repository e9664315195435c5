-- When administrators were last told that somebody with a set-up link asks for them.
ALTER TABLE setup_links ADD COLUMN told_at BIGINT;

-- In which names of connections a text stands.
CREATE INDEX connections_by_name ON connections (name, account_id, id, state);
