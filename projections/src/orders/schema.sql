CREATE TABLE orders (
    id             uuid           NOT NULL PRIMARY KEY,
    number         text           NOT NULL,
    user_id        uuid           NOT NULL,
    status         text           NOT NULL,
    seller_ids     uuid[]         NOT NULL,
    payment_method text           NOT NULL,
    payment_id     uuid           NOT NULL,
    total          numeric(14, 2) NOT NULL,
    created_at     timestamptz    NOT NULL,
    updated_at     timestamptz    NOT NULL,
    expires_at     timestamptz    NOT NULL,
    version        bigint         NOT NULL,
    state          jsonb          NOT NULL
) WITH (fillfactor = 80);
COMMENT ON COLUMN orders.state IS 'The order itself, as the aggregate serialises it.';
-- No index holds a column that changes, so that a step of an order is a HOT update.
CREATE INDEX orders_user ON orders (user_id, created_at DESC, id DESC);
CREATE INDEX orders_newest ON orders (created_at DESC, id DESC);
CREATE INDEX orders_seller ON orders USING gin (seller_ids);
CREATE INDEX orders_number ON orders (number);
