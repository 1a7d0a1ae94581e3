-- Links that are mailed: each proves once that somebody reads mail at an address.

CREATE TABLE one_time_links (
    token_hash bytea       NOT NULL,
    purpose    text        NOT NULL CHECK (purpose IN ('verify_email', 'reset_password')),
    user_id    uuid        NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CONSTRAINT one_time_links_pkey PRIMARY KEY (token_hash)
);
CREATE INDEX one_time_links_user ON one_time_links (user_id, purpose);
CREATE INDEX one_time_links_age ON one_time_links (expires_at);
COMMENT ON TABLE one_time_links IS 'Tokens as SHA-256 hashes; each can be used once.';
GRANT SELECT, INSERT, UPDATE, DELETE ON one_time_links TO ledgerline_app;
