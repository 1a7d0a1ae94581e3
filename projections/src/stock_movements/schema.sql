CREATE TABLE stock_movements (
    id         text        NOT NULL PRIMARY KEY,
    product_id uuid        NOT NULL,
    sequence   bigint      NOT NULL,
    at         timestamptz NOT NULL,
    kind       text        NOT NULL,
    on_hand    bigint      NOT NULL,
    reserved   bigint      NOT NULL,
    reason     text,
    order_id   uuid,
    by         text
);
COMMENT ON TABLE stock_movements IS 'What moved the stock of products. A row is never changed.';
COMMENT ON COLUMN stock_movements.on_hand IS 'What it changed of the units on hand.';
COMMENT ON COLUMN stock_movements.reserved IS 'What it changed of the units set aside for orders.';
COMMENT ON COLUMN stock_movements.by IS 'Who received or counted; absent where an order moved it.';
-- The balance after a movement is the sum of all up to it: read from the index alone.
CREATE INDEX stock_movements_product ON stock_movements (product_id, sequence)
    INCLUDE (on_hand, reserved);
