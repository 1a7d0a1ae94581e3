CREATE TABLE cart_fillings (
    id          uuid   NOT NULL PRIMARY KEY,
    version     bigint NOT NULL,
    product_ids uuid[] NOT NULL,
    filled      jsonb  NOT NULL
) WITH (fillfactor = 80);
COMMENT ON COLUMN cart_fillings.product_ids IS 'What is in the cart now.';
COMMENT ON COLUMN cart_fillings.filled IS 'How often its first line came in, by quarters of an hour.';

CREATE TABLE cart_sums (
    bucket timestamptz NOT NULL PRIMARY KEY,
    filled bigint      NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE cart_sums IS 'How many carts were filled in each quarter of an hour.';

-- Joins of whole batches must not be nested loops, whatever the session prefers for its own.
CREATE FUNCTION cart_fillings_follow() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_hashjoin = on AS $$
BEGIN
    -- PostgreSQL only looks at a statement when it comes to it: each trigger has its own tables. Counts
    -- only grow, and no cart goes.
    IF TG_OP = 'INSERT' THEN
        INSERT INTO cart_sums AS s (bucket, filled)
        SELECT f.key::timestamptz, sum(f.value::bigint)
          FROM new_rows n, jsonb_each_text(n.filled) f GROUP BY 1
        ON CONFLICT (bucket) DO UPDATE SET filled = s.filled + excluded.filled;
    ELSE
        INSERT INTO cart_sums AS s (bucket, filled)
        SELECT f.key::timestamptz, sum(f.value::bigint - coalesce((o.filled ->> f.key)::bigint, 0))
          FROM old_rows o JOIN new_rows n ON n.id = o.id, jsonb_each_text(n.filled) f
         WHERE o.filled <> n.filled AND o.filled ->> f.key IS DISTINCT FROM f.value GROUP BY 1
        ON CONFLICT (bucket) DO UPDATE SET filled = s.filled + excluded.filled;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER cart_fillings_come AFTER INSERT ON cart_fillings
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION cart_fillings_follow();
CREATE TRIGGER cart_fillings_change AFTER UPDATE ON cart_fillings
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION cart_fillings_follow();
