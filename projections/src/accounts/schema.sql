CREATE TABLE accounts (
    id          uuid        NOT NULL PRIMARY KEY,
    role        text        NOT NULL,
    is_active   boolean     NOT NULL,
    is_verified boolean     NOT NULL,
    is_erased   boolean     NOT NULL,
    valid_after timestamptz,
    version     bigint      NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
COMMENT ON COLUMN accounts.valid_after IS 'Tokens issued before this moment are void.';
CREATE INDEX accounts_newest ON accounts (created_at DESC, id DESC);
CREATE INDEX accounts_revoked ON accounts (valid_after) WHERE valid_after IS NOT NULL;
