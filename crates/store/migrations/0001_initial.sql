-- The first schema. Times are milliseconds since 1970-01-01T00:00Z, truth is 0 or 1.
CREATE TABLE deployment (
  singleton BIGINT NOT NULL PRIMARY KEY CHECK (singleton = 1),
  version BIGINT NOT NULL
);
INSERT INTO deployment (singleton, version) VALUES (1, 1);
