-- Whom events are told. `sealed`: the secrets that sign what is sent. `since`: from when on it is told; what happened before
-- is replayed on demand alone. A webhook that does not answer rests until `rests_until`, after so many `failures` in a row.
CREATE TABLE webhooks (
  name TEXT NOT NULL PRIMARY KEY,
  account_id BLOB REFERENCES accounts (id),
  is_enabled BIGINT NOT NULL,
  settings TEXT NOT NULL,
  sealed BLOB NOT NULL,
  since BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  rests_until BIGINT,
  version BIGINT NOT NULL
) WITHOUT ROWID;

-- A line of the log that some webhook may be told of has 1 here until it was decided which. It is written with the line.
ALTER TABLE events ADD COLUMN outbox BIGINT;
CREATE INDEX events_by_outbox ON events (id) WHERE outbox = 1;

-- What is to be told to whom, and the log of it: a row that has `due_at` waits, one that has `ended_at` is over.
CREATE TABLE webhook_deliveries (
  webhook TEXT NOT NULL,
  event_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  queued_at BIGINT NOT NULL,
  due_at BIGINT,
  ended_at BIGINT,
  failures BIGINT NOT NULL,
  status BIGINT,
  note TEXT,
  PRIMARY KEY (webhook, event_id, kind)
) WITHOUT ROWID;
CREATE INDEX webhook_deliveries_by_due ON webhook_deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_turn ON webhook_deliveries (webhook, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_end ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL;

-- That a certificate ends soon was told, by the days that were left at most.
CREATE TABLE certificate_notices (
  connection_id BLOB NOT NULL,
  thumbprint TEXT NOT NULL,
  days BIGINT NOT NULL,
  PRIMARY KEY (connection_id, thumbprint, days)
) WITHOUT ROWID;

-- What is done once in a while, and when next, whichever node does it.
CREATE TABLE chores (
  name TEXT NOT NULL PRIMARY KEY,
  due_at BIGINT NOT NULL
) WITHOUT ROWID;
