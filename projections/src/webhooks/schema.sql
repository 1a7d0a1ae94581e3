CREATE TABLE webhooks (
    id         uuid        NOT NULL PRIMARY KEY,
    owner      uuid        NOT NULL,
    is_enabled boolean     NOT NULL,
    since      bigint      NOT NULL,
    version    bigint      NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    state      jsonb       NOT NULL
);
COMMENT ON TABLE webhooks IS 'Those that were not removed. No secret is here.';
COMMENT ON COLUMN webhooks.since IS 'The position in the log behind which it is told of what happens.';
COMMENT ON COLUMN webhooks.state IS 'The webhook itself, as the aggregate serialises it.';
CREATE INDEX webhooks_owner ON webhooks (owner, created_at, id);
