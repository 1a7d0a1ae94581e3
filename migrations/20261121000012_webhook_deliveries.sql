-- What each webhook is told, and how far that has come. No event, and nothing that an event needs:
-- rows are deleted when they are old.

CREATE TABLE webhook_deliveries (
    webhook_id      uuid        NOT NULL,
    id              uuid        NOT NULL,
    event_id        uuid        NOT NULL,
    event_type      text        NOT NULL,
    audience        text        NOT NULL,
    body            text        NOT NULL,
    status          text        NOT NULL
        CHECK (status IN ('pending', 'delivered', 'failed', 'cancelled')),
    attempts        int         NOT NULL DEFAULT 0,
    round           int         NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    log             jsonb       NOT NULL DEFAULT '[]',
    created_at      timestamptz NOT NULL,
    finished_at     timestamptz,
    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (webhook_id, id),
    CONSTRAINT webhook_deliveries_cause UNIQUE (webhook_id, event_id),
    CONSTRAINT webhook_deliveries_next CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL))
);
COMMENT ON COLUMN webhook_deliveries.event_id IS 'The cause: one event is told to one webhook once.';
COMMENT ON COLUMN webhook_deliveries.audience IS 'Whom the body was written for.';
COMMENT ON COLUMN webhook_deliveries.body IS 'The bytes that are signed and sent.';
COMMENT ON COLUMN webhook_deliveries.round IS 'Attempts since it was asked for last: they decide the next pause.';
COMMENT ON COLUMN webhook_deliveries.log IS 'The last attempts, the latest last.';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at, id)
    WHERE status = 'pending';
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_deliveries TO ledgerline_app;
