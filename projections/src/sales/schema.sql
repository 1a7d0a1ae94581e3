-- One row for each order, product and account: what the fold makes. All other tables are sums over
-- these rows, kept by the trigger at the end, so that a question costs what its answer is large,
-- and not what the log is long.
CREATE TABLE sales_sources (
    id              uuid        NOT NULL PRIMARY KEY,
    kind            text        NOT NULL,
    version         bigint      NOT NULL,
    at              timestamptz NOT NULL,
    is_active       boolean     NOT NULL,
    is_gone         boolean     NOT NULL,
    seller_id       uuid,
    category        text,
    genre           text,
    user_id         uuid,
    stage           text,
    counts          boolean     NOT NULL,
    confirmed_at    timestamptz,
    payment_method  text,
    delivery_method text,
    promo_code      text,
    lines           jsonb       NOT NULL
) WITH (fillfactor = 80);
COMMENT ON TABLE sales_sources IS 'Orders, products and accounts, as far as the figures need them.';
COMMENT ON COLUMN sales_sources.kind IS 'order, product or account: says which columns mean anything.';
COMMENT ON COLUMN sales_sources.at IS 'When it was placed, created or registered.';
COMMENT ON COLUMN sales_sources.is_gone IS 'An archived product, an erased account.';
COMMENT ON COLUMN sales_sources.counts IS 'An order that was confirmed and not cancelled: only those are in the figures.';
COMMENT ON COLUMN sales_sources.lines IS 'Of an order, each with its share of the discount and of the refunds.';
CREATE INDEX sales_sources_confirmed ON sales_sources (confirmed_at, user_id) WHERE counts;
CREATE INDEX sales_sources_buyer ON sales_sources (user_id, confirmed_at) WHERE counts;

-- The grains: quarters of an hour, in which the days of every time zone begin and end; days of UTC,
-- so that long ranges are short sums; and everything.
CREATE TABLE sales_sums (
    dimension text          NOT NULL,
    member    text          NOT NULL,
    grain     text          NOT NULL,
    bucket    timestamptz   NOT NULL,
    number    bigint        NOT NULL,
    units     bigint        NOT NULL,
    returned  bigint        NOT NULL,
    gross     numeric(20,2) NOT NULL,
    discount  numeric(20,2) NOT NULL,
    refunds   numeric(20,2) NOT NULL,
    revenue   numeric(20,2) GENERATED ALWAYS AS (gross - discount - refunds) STORED,
    PRIMARY KEY (dimension, grain, bucket, member)
) WITH (fillfactor = 70);
COMMENT ON TABLE sales_sums IS 'Figures by dimension, its member, and the time when the orders were confirmed.';
COMMENT ON COLUMN sales_sums.dimension IS 'all, seller, category, genre, payment_method, delivery_method, promotion; funnel, by when the order was placed; accounts and products, by when they came.';
COMMENT ON COLUMN sales_sums.grain IS 'quarter (of an hour), day (of UTC) or all (bucket -infinity).';
COMMENT ON COLUMN sales_sums.number IS 'Orders; in the dimensions accounts and products those; 0 by category and genre.';
CREATE INDEX sales_sums_member ON sales_sums (dimension, member, grain, bucket);

CREATE TABLE sales_products (
    product_id uuid          NOT NULL,
    seller_id  uuid          NOT NULL,
    grain      text          NOT NULL,
    bucket     timestamptz   NOT NULL,
    number     bigint        NOT NULL,
    units      bigint        NOT NULL,
    returned   bigint        NOT NULL,
    gross      numeric(20,2) NOT NULL,
    discount   numeric(20,2) NOT NULL,
    refunds    numeric(20,2) NOT NULL,
    revenue    numeric(20,2) GENERATED ALWAYS AS (gross - discount - refunds) STORED,
    PRIMARY KEY (grain, bucket, product_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE sales_products IS 'Figures by product and the time when the orders were confirmed; see sales_sums.';
CREATE INDEX sales_products_seller ON sales_products (seller_id, grain, bucket);
CREATE INDEX sales_products_best ON sales_products (revenue DESC, product_id) WHERE grain = 'all';
CREATE INDEX sales_products_best_of ON sales_products (seller_id, revenue DESC, product_id)
    WHERE grain = 'all';

CREATE TABLE sales_customers (
    user_id  uuid          NOT NULL PRIMARY KEY,
    first_at timestamptz   NOT NULL,
    orders   bigint        NOT NULL,
    revenue  numeric(20,2) NOT NULL
) WITH (fillfactor = 80);
COMMENT ON TABLE sales_customers IS 'Whoever has an order that counts.';
COMMENT ON COLUMN sales_customers.first_at IS 'When the first of them was confirmed: the cohort is its month, of UTC.';
CREATE INDEX sales_customers_first ON sales_customers (first_at);

CREATE TABLE sales_customer_months (
    user_id uuid          NOT NULL,
    month   date          NOT NULL,
    orders  bigint        NOT NULL,
    revenue numeric(20,2) NOT NULL,
    PRIMARY KEY (user_id, month)
) WITH (fillfactor = 80);

CREATE TABLE sales_cohorts (
    cohort    date          NOT NULL,
    month     date          NOT NULL,
    customers bigint        NOT NULL,
    orders    bigint        NOT NULL,
    revenue   numeric(20,2) NOT NULL,
    PRIMARY KEY (cohort, month)
) WITH (fillfactor = 50);
COMMENT ON TABLE sales_cohorts IS 'What the customers of a cohort did in each month: the first month has all of them.';

-- The lines of the orders that count among these rows; `sign` says whether they come or go.
CREATE FUNCTION sales_lines(gone sales_sources[], come sales_sources[])
RETURNS TABLE (
    sign bigint, order_id uuid, at timestamptz, user_id uuid, payment_method text,
    delivery_method text, promo_code text, product_id uuid, seller_id uuid, units bigint,
    returned bigint, gross numeric, discount numeric, refunds numeric
) LANGUAGE sql STABLE AS $$
    SELECT c.sign, c.id, c.confirmed_at, c.user_id, c.payment_method, c.delivery_method,
           c.promo_code, l.product_id, l.seller_id, l.units, l.returned, l.gross, l.discount,
           l.refunds
      FROM (SELECT 1::bigint AS sign, n.* FROM unnest(come) n
            UNION ALL SELECT -1, o.* FROM unnest(gone) o) c,
           jsonb_to_recordset(c.lines) AS l(product_id uuid, seller_id uuid, units bigint,
               returned bigint, gross numeric, discount numeric, refunds numeric)
     WHERE c.kind = 'order' AND c.counts
$$;

-- The buckets that a moment falls into.
CREATE FUNCTION sales_buckets(at timestamptz)
RETURNS TABLE (grain text, bucket timestamptz) LANGUAGE sql IMMUTABLE AS $$
    SELECT * FROM (VALUES
        ('quarter', date_bin('15 minutes', at, '2000-01-01T00:00:00Z')),
        ('day', date_bin('1 day', at, '2000-01-01T00:00:00Z')),
        ('all', '-infinity'::timestamptz)) b
$$;

-- Must run before `sales_add_products`: it moves what a product had sold until now when its category
-- or genre changes.
CREATE FUNCTION sales_add_sums(gone sales_sources[], come sales_sources[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    empty sales_sums[];
BEGIN
    WITH sold AS MATERIALIZED (SELECT * FROM sales_lines(gone, come)),
    orders AS (
        SELECT s.sign, s.order_id, s.at, s.payment_method, s.delivery_method, s.promo_code,
               s.sign AS number, s.sign * sum(units) AS units, s.sign * sum(returned) AS returned,
               s.sign * sum(gross) AS gross, s.sign * sum(discount) AS discount,
               s.sign * sum(refunds) AS refunds
          FROM sold s GROUP BY 1, 2, 3, 4, 5, 6
    ), changed AS (
        SELECT 1::bigint AS sign, n.* FROM unnest(come) n
        UNION ALL SELECT -1, o.* FROM unnest(gone) o
    ), facts AS (
        SELECT d.dimension, d.member, o.at, o.number, o.units, o.returned, o.gross, o.discount,
               o.refunds
          FROM orders o, LATERAL (VALUES ('all', ''), ('payment_method', o.payment_method),
               ('delivery_method', o.delivery_method), ('promotion', o.promo_code))
               d(dimension, member)
         WHERE d.member IS NOT NULL
        UNION ALL
        SELECT 'seller', s.seller_id::text, s.at, s.sign, s.sign * sum(units),
               s.sign * sum(returned), s.sign * sum(gross), s.sign * sum(discount),
               s.sign * sum(refunds)
          FROM sold s GROUP BY s.sign, s.order_id, s.seller_id, s.at
        UNION ALL
        SELECT d.dimension, d.member, s.at, 0, s.sign * s.units, s.sign * s.returned,
               s.sign * s.gross, s.sign * s.discount, s.sign * s.refunds
          FROM sold s LEFT JOIN sales_sources p ON p.id = s.product_id AND p.kind = 'product',
               LATERAL (VALUES ('category', coalesce(p.category, '')), ('genre', p.genre))
               d(dimension, member)
         WHERE d.member IS NOT NULL
        UNION ALL
        SELECT d.dimension, d.member, c.at, c.sign, 0, 0, 0, 0, 0
          FROM changed c, LATERAL (VALUES
               ('funnel', 'placed', c.kind = 'order'),
               ('funnel', 'confirmed', c.kind = 'order' AND c.confirmed_at IS NOT NULL),
               ('funnel', 'shipped', c.stage IN ('shipped', 'delivered')),
               ('funnel', 'delivered', c.stage = 'delivered'),
               ('funnel', 'cancelled', c.stage = 'cancelled'),
               ('accounts', 'registered', c.kind = 'account'),
               ('accounts', 'present', c.kind = 'account' AND NOT c.is_gone),
               ('accounts', 'active', c.kind = 'account' AND NOT c.is_gone AND c.is_active),
               ('products', 'present', c.kind = 'product' AND NOT c.is_gone),
               ('products', 'active', c.kind = 'product' AND NOT c.is_gone AND c.is_active))
               d(dimension, member, counts)
         WHERE d.counts
    ), moved AS (
        SELECT n.id, n.seller_id, coalesce(o.category, '') AS old_category, n.category,
               o.genre AS old_genre, n.genre
          FROM unnest(come) n LEFT JOIN unnest(gone) o ON o.id = n.id
               JOIN sales_products p ON p.grain = 'all' AND p.bucket = '-infinity'
                    AND p.product_id = n.id
         WHERE n.kind = 'product'
           AND (o.category, o.genre) IS DISTINCT FROM (n.category, n.genre)
    ), changes AS (
        SELECT f.dimension, f.member, b.grain, b.bucket, f.number, f.units, f.returned, f.gross,
               f.discount, f.refunds
          FROM facts f, sales_buckets(f.at) b
        UNION ALL
        SELECT d.dimension, d.member, p.grain, p.bucket, 0, d.sign * p.units,
               d.sign * p.returned, d.sign * p.gross, d.sign * p.discount, d.sign * p.refunds
          FROM moved m JOIN sales_products p ON p.seller_id = m.seller_id AND p.product_id = m.id,
               LATERAL (VALUES
               ('category', m.old_category, -1), ('category', m.category, 1),
               ('genre', m.old_genre, -1), ('genre', m.genre, 1)) d(dimension, member, sign)
         WHERE d.member IS NOT NULL
    ), stored AS (
        INSERT INTO sales_sums AS s
               (dimension, member, grain, bucket, number, units, returned, gross, discount, refunds)
        SELECT dimension, member, grain, bucket, sum(number), sum(units), sum(returned),
               sum(gross), sum(discount), sum(refunds)
          FROM changes GROUP BY 1, 2, 3, 4
        HAVING (sum(number), sum(units), sum(returned), sum(gross), sum(discount), sum(refunds))
               <> (0, 0, 0, 0, 0, 0)
        ON CONFLICT (dimension, grain, bucket, member) DO UPDATE
           SET number = s.number + excluded.number, units = s.units + excluded.units,
               returned = s.returned + excluded.returned, gross = s.gross + excluded.gross,
               discount = s.discount + excluded.discount, refunds = s.refunds + excluded.refunds
        RETURNING s.*
    )
    SELECT array_agg(s) INTO empty FROM stored s
     WHERE (number, units, returned, gross, discount, refunds) = (0, 0, 0, 0, 0, 0);
    -- A sum of nothing has no row, in whichever batches its parts came and went.
    IF empty IS NOT NULL THEN
        DELETE FROM sales_sums s USING unnest(empty) e
         WHERE s.dimension = e.dimension AND s.grain = e.grain AND s.bucket = e.bucket
           AND s.member = e.member;
    END IF;
END $$;

CREATE FUNCTION sales_add_products(gone sales_sources[], come sales_sources[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    empty sales_products[];
BEGIN
    WITH stored AS (
        INSERT INTO sales_products AS s (product_id, seller_id, grain, bucket, number, units,
                                         returned, gross, discount, refunds)
        SELECT l.product_id, l.seller_id, b.grain, b.bucket, sum(sign), sum(sign * units),
               sum(sign * returned), sum(sign * gross), sum(sign * discount), sum(sign * refunds)
          FROM sales_lines(gone, come) l, sales_buckets(l.at) b GROUP BY 1, 2, 3, 4
        HAVING (sum(sign), sum(sign * returned), sum(sign * refunds)) <> (0, 0, 0)
        ON CONFLICT (grain, bucket, product_id) DO UPDATE
           SET number = s.number + excluded.number, units = s.units + excluded.units,
               returned = s.returned + excluded.returned, gross = s.gross + excluded.gross,
               discount = s.discount + excluded.discount, refunds = s.refunds + excluded.refunds
        RETURNING s.*
    )
    SELECT array_agg(s) INTO empty FROM stored s WHERE number = 0;
    IF empty IS NOT NULL THEN
        DELETE FROM sales_products s USING unnest(empty) e
         WHERE s.product_id = e.product_id AND s.grain = e.grain AND s.bucket = e.bucket;
    END IF;
END $$;

-- Adds what these customers did in each month to their cohorts, or takes it away.
CREATE FUNCTION sales_add_cohorts(customers uuid[], sign bigint) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO sales_cohorts AS s (cohort, month, customers, orders, revenue)
    SELECT date_trunc('month', c.first_at AT TIME ZONE 'UTC')::date, m.month, sign * count(*),
           sign * sum(m.orders), sign * sum(m.revenue)
      FROM unnest(customers) u JOIN sales_customers c ON c.user_id = u
           JOIN sales_customer_months m ON m.user_id = u
     GROUP BY 1, 2
    ON CONFLICT (cohort, month) DO UPDATE
       SET customers = s.customers + excluded.customers, orders = s.orders + excluded.orders,
           revenue = s.revenue + excluded.revenue;
$$;

CREATE FUNCTION sales_add_customers(gone sales_sources[], come sales_sources[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    concerned uuid[];
BEGIN
    SELECT array_agg(DISTINCT user_id) INTO concerned FROM (
        SELECT user_id FROM sales_lines(gone, come) GROUP BY user_id, order_id, at
        HAVING (sum(sign), sum(sign * refunds)) <> (0, 0)) c;
    IF concerned IS NULL THEN
        RETURN;
    END IF;
    PERFORM sales_add_cohorts(concerned, -1);
    INSERT INTO sales_customer_months AS s (user_id, month, orders, revenue)
    SELECT user_id, date_trunc('month', at AT TIME ZONE 'UTC')::date,
           coalesce(sum(sign) FILTER (WHERE first), 0), sum(sign * (gross - discount - refunds))
      FROM (SELECT *, row_number() OVER (PARTITION BY order_id, sign) = 1 AS first
              FROM sales_lines(gone, come)) l
     GROUP BY 1, 2
    ON CONFLICT (user_id, month) DO UPDATE
       SET orders = s.orders + excluded.orders, revenue = s.revenue + excluded.revenue;
    DELETE FROM sales_customer_months WHERE user_id = ANY (concerned) AND orders = 0;
    INSERT INTO sales_customers AS s (user_id, first_at, orders, revenue)
    SELECT u, (SELECT min(o.confirmed_at) FROM sales_sources o WHERE o.user_id = u AND o.counts),
           sum(m.orders), sum(m.revenue)
      FROM unnest(concerned) u JOIN sales_customer_months m ON m.user_id = u GROUP BY u
    ON CONFLICT (user_id) DO UPDATE
       SET first_at = excluded.first_at, orders = excluded.orders, revenue = excluded.revenue;
    DELETE FROM sales_customers c WHERE c.user_id = ANY (concerned)
       AND NOT EXISTS (SELECT FROM sales_customer_months m WHERE m.user_id = c.user_id);
    PERFORM sales_add_cohorts(concerned, 1);
    DELETE FROM sales_cohorts WHERE customers = 0;
END $$;

-- Joins of whole batches must not be nested loops, whatever the session prefers for its own.
CREATE FUNCTION sales_follow() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_hashjoin = on AS $$
DECLARE
    gone sales_sources[];
    come sales_sources[];
    sells boolean;
BEGIN
    -- PostgreSQL only looks at a statement when it comes to it: each trigger has its own tables.
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(ROW(n.*)::sales_sources), bool_or(n.counts) INTO come, sells
          FROM new_rows n;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(ROW(o.*)::sales_sources), bool_or(o.counts) INTO gone, sells
          FROM old_rows o;
    ELSE
        -- Most steps of an order, and most changes of a product, are in no figure.
        SELECT array_agg(ROW(o.*)::sales_sources), array_agg(ROW(n.*)::sales_sources),
               bool_or((o.counts, o.lines) IS DISTINCT FROM (n.counts, n.lines))
          INTO gone, come, sells
          FROM old_rows o JOIN new_rows n ON n.id = o.id
         WHERE (o.at, o.is_active, o.is_gone, o.category, o.genre, o.counts, o.confirmed_at,
                replace(o.stage, 'processing', 'confirmed'), o.lines)
               IS DISTINCT FROM
               (n.at, n.is_active, n.is_gone, n.category, n.genre, n.counts, n.confirmed_at,
                replace(n.stage, 'processing', 'confirmed'), n.lines);
    END IF;
    IF gone IS NULL AND come IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM sales_add_sums(gone, come);
    IF sells THEN
        PERFORM sales_add_products(gone, come);
        PERFORM sales_add_customers(gone, come);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sales_come AFTER INSERT ON sales_sources
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sales_follow();
CREATE TRIGGER sales_change AFTER UPDATE ON sales_sources
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sales_follow();
CREATE TRIGGER sales_go AFTER DELETE ON sales_sources
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sales_follow();
