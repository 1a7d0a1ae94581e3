CREATE TABLE carts (
    id         uuid        NOT NULL PRIMARY KEY,
    state      jsonb       NOT NULL,
    version    bigint      NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);
COMMENT ON COLUMN carts.state IS 'The cart itself, as the aggregate serialises it.';
