CREATE TABLE products (
    id            uuid           NOT NULL PRIMARY KEY,
    seller_id     uuid           NOT NULL,
    name          text           NOT NULL,
    description   text           NOT NULL,
    price         numeric(14, 2) NOT NULL,
    currency      text           NOT NULL,
    quantity      bigint         NOT NULL,
    on_hand       bigint         NOT NULL,
    category      text           NOT NULL,
    image_urls    jsonb          NOT NULL,
    attributes    jsonb          NOT NULL,
    is_active     boolean        NOT NULL,
    archived      boolean        NOT NULL,
    rating        numeric(3, 2)  NOT NULL,
    reviews_count bigint         NOT NULL,
    rating_sum    bigint         NOT NULL,
    version       bigint         NOT NULL,
    stock_version bigint         NOT NULL,
    created_at    timestamptz    NOT NULL,
    updated_at    timestamptz    NOT NULL,
    -- The russian configuration stems ASCII words as English ones: one vector serves both languages.
    search        tsvector       GENERATED ALWAYS AS (
        setweight(to_tsvector('russian', name), 'A') ||
        setweight(to_tsvector('russian', description), 'B')) STORED
) WITH (fillfactor = 80);
COMMENT ON COLUMN products.quantity IS 'Units that can be ordered: on hand and not reserved.';
COMMENT ON COLUMN products.rating IS 'The mean of the published reviews: rating_sum / reviews_count.';
COMMENT ON COLUMN products.version IS '0 where only stock is known: hidden until the product comes.';

-- Quantities and versions change with every order. No index holds them, so that those are HOT updates.
CREATE INDEX products_search ON products USING gin (search);
CREATE INDEX products_fuzzy ON products USING gin (lower(name) gin_trgm_ops);
CREATE INDEX products_price ON products (price, id) WHERE is_active AND NOT archived;
CREATE INDEX products_name ON products (lower(name), id) WHERE is_active AND NOT archived;
CREATE INDEX products_newest ON products (created_at, id) WHERE is_active AND NOT archived;
CREATE INDEX products_rating ON products (rating, id) WHERE is_active AND NOT archived;
CREATE INDEX products_category ON products (category, created_at, id) WHERE is_active AND NOT archived;
CREATE INDEX products_seller ON products (seller_id, created_at, id);
