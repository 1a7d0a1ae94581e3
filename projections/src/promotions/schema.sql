CREATE TABLE promotions (
    code        text        NOT NULL PRIMARY KEY,
    status      text        NOT NULL,
    used        bigint      NOT NULL,
    held        bigint      NOT NULL,
    usage_limit bigint,
    stackable   boolean     NOT NULL,
    starts_at   timestamptz,
    ends_at     timestamptz,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    version     bigint      NOT NULL,
    state       jsonb       NOT NULL
) WITH (fillfactor = 80);
COMMENT ON COLUMN promotions.state IS 'The promotion itself, as the aggregate serialises it.';
-- Uses come often in a campaign: no index holds a column that they change.
CREATE INDEX promotions_active ON promotions (created_at DESC, code) WHERE status = 'active';
CREATE INDEX promotions_ending ON promotions (ends_at) WHERE status = 'active';
