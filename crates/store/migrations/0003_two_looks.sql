-- Since when the record of a claim is seen; null where the last look did not find it. A domain is proved by two looks.
ALTER TABLE domain_claims ADD COLUMN seen_at BIGINT;

-- Certificates in force that the metadata published no longer the last time it was read: a list in JSON of their
-- SHA-256 thumbprints, each of which was told once.
ALTER TABLE metadata_refreshes ADD COLUMN withdrawn TEXT;
