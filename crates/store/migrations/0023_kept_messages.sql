-- The last answers of each connection as they came, sealed: what the inspector shows. `ring` 0: accepted, 1: refused though
-- something was proved, 2: refused, and anybody could have sent it. `turned_away`: why its person was not let in after all.
-- Ids sort by time.
CREATE TABLE kept_messages (
  id BLOB NOT NULL PRIMARY KEY,
  connection_id BLOB NOT NULL,
  account_id BLOB NOT NULL,
  ring BIGINT NOT NULL,
  attempt_id BLOB,
  reason TEXT,
  turned_away TEXT,
  code TEXT,
  sealed BLOB NOT NULL
);
CREATE INDEX kept_messages_by_connection ON kept_messages (connection_id, ring, id);
CREATE INDEX kept_messages_by_attempt ON kept_messages (attempt_id) WHERE attempt_id IS NOT NULL;
CREATE INDEX kept_messages_by_code ON kept_messages (code) WHERE code IS NOT NULL;
