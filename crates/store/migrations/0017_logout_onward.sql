-- Where the browser goes once the identity provider has ended its session too: an address of the application that asked
-- for the logout (OpenID Connect RP-Initiated Logout 1.0 §3). None: it stays at our page.
ALTER TABLE logouts ADD COLUMN onward TEXT;
