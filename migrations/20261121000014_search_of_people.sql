-- Administrators look for people by any part of a name or an address: without an index every account is
-- read where few match. An erasure takes the entry away with its row.
CREATE INDEX personal_data_search ON personal_data USING gin (lower(value) gin_trgm_ops)
    WHERE key IN ('email', 'first_name', 'last_name');
