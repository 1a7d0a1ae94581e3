CREATE TABLE payments (
    id           uuid        NOT NULL PRIMARY KEY,
    order_id     uuid,
    gift_card_id uuid,
    user_id      uuid        NOT NULL,
    status       text        NOT NULL,
    version      bigint      NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    state        jsonb       NOT NULL
) WITH (fillfactor = 80);
COMMENT ON COLUMN payments.state IS 'The payment itself, as the aggregate serialises it.';
CREATE INDEX payments_order ON payments (order_id);
CREATE INDEX payments_user ON payments (user_id, created_at);
