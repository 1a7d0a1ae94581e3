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
CREATE INDEX orders_user ON orders (user_id, created_at DESC, id DESC);
CREATE INDEX orders_newest ON orders (created_at DESC, id DESC);
CREATE INDEX orders_status ON orders (status, created_at DESC, id DESC);
CREATE INDEX orders_number ON orders (number);

-- Which orders each seller has lines in, in the order of their lists: an index over `seller_ids` finds
-- them without any order, and a page of twenty then reads all of the seller's thousands. An order's
-- sellers never change.
CREATE TABLE orders_sellers (
    seller_id  uuid        NOT NULL,
    created_at timestamptz NOT NULL,
    order_id   uuid        NOT NULL,
    PRIMARY KEY (seller_id, created_at, order_id)
);

CREATE FUNCTION orders_tell_sellers() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO orders_sellers
    SELECT seller_id, created_at, id FROM new_rows, unnest(seller_ids) AS seller_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER orders_come AFTER INSERT ON orders
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION orders_tell_sellers();
