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
-- With the words: the newest that have words which very many products have are then found without the
-- rows, which lie everywhere in the table.
CREATE INDEX products_newest ON products (created_at, id) INCLUDE (search)
    WHERE is_active AND NOT archived AND version > 0;
CREATE INDEX products_rating ON products (rating, id) WHERE is_active AND NOT archived;
CREATE INDEX products_category ON products (category, created_at, id) WHERE is_active AND NOT archived;
CREATE INDEX products_all ON products (created_at, id);
CREATE INDEX products_seller ON products (seller_id, created_at, id);

-- What is for sale, by category and price band: counting a million products takes a second, and lists and
-- facets are asked all the time.
CREATE TABLE products_counts (
    category text   NOT NULL,
    band     int    NOT NULL,
    number   bigint NOT NULL,
    PRIMARY KEY (category, band)
);
COMMENT ON COLUMN products_counts.band IS 'How many of the bounds 1000, 5000, 20000, 50000 and 100000 its price reaches.';

CREATE FUNCTION products_band(price numeric) RETURNS int LANGUAGE sql IMMUTABLE
RETURN width_bucket(price, ARRAY[1000, 5000, 20000, 50000, 100000]::numeric[]);

CREATE FUNCTION products_count() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.is_active AND NOT OLD.archived AND OLD.version > 0 THEN
        UPDATE products_counts SET number = number - 1
         WHERE category = OLD.category AND band = products_band(OLD.price);
        DELETE FROM products_counts
         WHERE category = OLD.category AND band = products_band(OLD.price) AND number = 0;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.is_active AND NOT NEW.archived AND NEW.version > 0 THEN
        INSERT INTO products_counts AS c VALUES (NEW.category, products_band(NEW.price), 1)
        ON CONFLICT (category, band) DO UPDATE SET number = c.number + 1;
    END IF;
    RETURN NULL;
END
$$;
-- New ones come by the thousand in one statement, whose rows must not each change the same counter.
CREATE FUNCTION products_count_new() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO products_counts AS c
    SELECT category, products_band(price), count(*) FROM new_rows
     WHERE is_active AND NOT archived AND version > 0 GROUP BY 1, 2
    ON CONFLICT (category, band) DO UPDATE SET number = c.number + excluded.number;
    RETURN NULL;
END
$$;
CREATE TRIGGER products_come AFTER INSERT ON products
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION products_count_new();
-- An order changes none of these columns: it does not come here.
CREATE TRIGGER products_change
    AFTER UPDATE OF category, price, is_active, archived, version ON products
    FOR EACH ROW WHEN ((OLD.category, OLD.price, OLD.is_active, OLD.archived, OLD.version > 0)
        IS DISTINCT FROM (NEW.category, NEW.price, NEW.is_active, NEW.archived, NEW.version > 0))
    EXECUTE FUNCTION products_count();
CREATE TRIGGER products_go AFTER DELETE ON products
    FOR EACH ROW EXECUTE FUNCTION products_count();
