CREATE TABLE reviews (
    id         uuid        NOT NULL PRIMARY KEY,
    product_id uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    rating     smallint    NOT NULL,
    status     text        NOT NULL,
    version    bigint      NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    state      jsonb       NOT NULL
) WITH (fillfactor = 80);
COMMENT ON COLUMN reviews.status IS 'pending, published, rejected; deleted ones are never shown.';
COMMENT ON COLUMN reviews.state IS 'The review itself, as the aggregate serialises it: without its text.';
CREATE INDEX reviews_newest ON reviews (product_id, status, created_at, id);
CREATE INDEX reviews_best ON reviews (product_id, status, rating, created_at, id);
CREATE INDEX reviews_queue ON reviews (status, created_at, id);
CREATE INDEX reviews_user ON reviews (user_id, created_at, id);
