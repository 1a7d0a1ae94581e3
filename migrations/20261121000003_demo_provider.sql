-- The books of the demo payment provider. A real provider keeps its own, elsewhere.

CREATE SCHEMA demo_provider;
CREATE TABLE demo_provider.charges (
    payment_id     uuid          NOT NULL PRIMARY KEY,
    amount         numeric(14,2),
    transaction_id text          NOT NULL,
    declined       text,
    booked_at      timestamptz   NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN demo_provider.charges.declined IS 'Why no money was taken; NULL where it was.';
CREATE TABLE demo_provider.refunds (
    refund_id  uuid          NOT NULL PRIMARY KEY,
    payment_id uuid          NOT NULL,
    amount     numeric(14,2) NOT NULL,
    booked_at  timestamptz   NOT NULL DEFAULT clock_timestamp()
);
GRANT USAGE ON SCHEMA demo_provider TO ledgerline_app;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA demo_provider TO ledgerline_app;
