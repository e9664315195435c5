-- When administrators were last told that somebody with a set-up link asks for them.
ALTER TABLE setup_links ADD COLUMN told_at BIGINT;

-- In which names of connections a text stands.
CREATE INDEX connections_by_name ON connections (name, account_id, id, state);

-- Which connections need somebody, in the order of their accounts.
DROP INDEX connections_by_attention;
CREATE INDEX connections_by_attention ON connections (attention_at, account_id, name, state, id)
  WHERE attention_at IS NOT NULL;
