CREATE TABLE wishlists (
    user_id    uuid        NOT NULL PRIMARY KEY,
    state      jsonb       NOT NULL,
    version    bigint      NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);
COMMENT ON COLUMN wishlists.state IS 'The wishlist itself, as the aggregate serialises it.';
