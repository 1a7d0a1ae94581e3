-- Logins: the refresh tokens, by their hashes. A family is one login; it is the `sid` of its access
-- tokens. Each use of a token replaces it by the next of its family.

CREATE TABLE sessions (
    token_hash bytea       NOT NULL,
    family     uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    rotation   int         NOT NULL CHECK (rotation > 0),
    issued_at  timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    revoked_at timestamptz,
    CONSTRAINT sessions_pkey PRIMARY KEY (token_hash),
    CONSTRAINT sessions_rotation UNIQUE (family, rotation)
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_age ON sessions (expires_at);
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
COMMENT ON TABLE sessions IS 'Refresh tokens as SHA-256 hashes; a token that is used twice ends its family.';

GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO ledgerline_app;
