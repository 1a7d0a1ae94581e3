CREATE TABLE loyalty_entries (
    id       text        NOT NULL PRIMARY KEY,
    user_id  uuid        NOT NULL,
    sequence bigint      NOT NULL,
    at       timestamptz NOT NULL,
    kind     text        NOT NULL,
    points   bigint      NOT NULL,
    change   bigint      NOT NULL,
    order_id uuid
);
COMMENT ON COLUMN loyalty_entries.change IS 'Of what can be spent: their running sum is the balance.';
CREATE INDEX loyalty_entries_user ON loyalty_entries (user_id, sequence) INCLUDE (change);
