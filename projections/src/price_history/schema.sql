CREATE TABLE price_history (
    id         text          NOT NULL PRIMARY KEY,
    product_id uuid          NOT NULL,
    sequence   bigint        NOT NULL,
    at         timestamptz   NOT NULL,
    price      numeric(14,2) NOT NULL,
    previous   numeric(14,2)
);
COMMENT ON TABLE price_history IS 'Every price that a product had. A row is never changed.';
COMMENT ON COLUMN price_history.at IS 'From when on it was asked for.';
COMMENT ON COLUMN price_history.previous IS 'The price before; absent of the first.';
CREATE INDEX price_history_product ON price_history (product_id, sequence);
