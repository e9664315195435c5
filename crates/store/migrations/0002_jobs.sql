-- What background jobs do, and when. A time in the past means: at the next turn.

-- The connection that the people of a claimed domain shall have once it is proved.
ALTER TABLE domain_claims ADD COLUMN connection_id BLOB REFERENCES connections (id);
-- When the record of a claim is looked for next; null while somebody has proved the domain.
ALTER TABLE domain_claims ADD COLUMN look_at BIGINT;
UPDATE domain_claims SET look_at = claimed_at WHERE domain NOT IN (SELECT domain FROM proved_domains);
CREATE INDEX domain_claims_by_look ON domain_claims (look_at) WHERE look_at IS NOT NULL;

-- Connections whose metadata has an address, kept in step with their settings. The note says why the last document
-- changed nothing though it differs, or why there was none.
CREATE TABLE metadata_refreshes (
  connection_id BLOB NOT NULL PRIMARY KEY REFERENCES connections (id),
  due_at BIGINT NOT NULL,
  read_at BIGINT,
  failures BIGINT NOT NULL,
  note_code TEXT,
  note TEXT
) WITHOUT ROWID;
CREATE INDEX metadata_refreshes_by_due ON metadata_refreshes (due_at);
INSERT INTO metadata_refreshes (connection_id, due_at, failures)
  SELECT id, edited_at, 0 FROM connections WHERE settings LIKE '%"metadata_url":"%';
