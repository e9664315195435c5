-- Sites behind a proxy that asks us about each request, kept in step with the settings of applications.
CREATE TABLE application_sites (
  origin TEXT NOT NULL PRIMARY KEY,
  client_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX application_sites_by_client ON application_sites (client_id);

-- Browsers at such sites, each by a cookie of that site, and the session that lets them in: they end with it.
CREATE TABLE site_sessions (
  hash BLOB NOT NULL PRIMARY KEY,
  session_id BLOB NOT NULL,
  client_id TEXT NOT NULL,
  origin TEXT NOT NULL,
  expires_at BIGINT NOT NULL
) WITHOUT ROWID;
