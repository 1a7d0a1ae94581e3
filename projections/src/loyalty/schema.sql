CREATE TABLE loyalty_accounts (
    user_id     uuid          NOT NULL PRIMARY KEY,
    tier        text          NOT NULL,
    grace_until timestamptz,
    available   bigint        NOT NULL,
    pending     bigint        NOT NULL,
    held        bigint        NOT NULL,
    owed        bigint        NOT NULL,
    redeemed    bigint        NOT NULL,
    expired     bigint        NOT NULL,
    reversed    bigint        NOT NULL,
    spend       numeric(14,2) NOT NULL,
    next_expiry timestamptz,
    unannounced timestamptz,
    version     bigint        NOT NULL,
    updated_at  timestamptz   NOT NULL,
    state       jsonb         NOT NULL
) WITH (fillfactor = 80);
COMMENT ON COLUMN loyalty_accounts.spend IS 'Of all time: what counts towards the tier follows from the state and a moment.';
COMMENT ON COLUMN loyalty_accounts.next_expiry IS 'Of the earliest lot.';
COMMENT ON COLUMN loyalty_accounts.unannounced IS 'Of the earliest lot whose holder was not told that it expires.';
COMMENT ON COLUMN loyalty_accounts.state IS 'The account itself, as the aggregate serialises it.';
CREATE INDEX loyalty_accounts_expiry ON loyalty_accounts (next_expiry) WHERE next_expiry IS NOT NULL;
CREATE INDEX loyalty_accounts_unannounced ON loyalty_accounts (unannounced) WHERE unannounced IS NOT NULL;
