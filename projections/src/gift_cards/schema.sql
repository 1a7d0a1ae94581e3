CREATE TABLE gift_cards (
    id         uuid          NOT NULL PRIMARY KEY,
    code_hash  text          NOT NULL,
    hint       text          NOT NULL,
    buyer      uuid,
    issued     numeric(14,2) NOT NULL,
    available  numeric(14,2) NOT NULL,
    held       numeric(14,2) NOT NULL,
    redeemed   numeric(14,2) NOT NULL,
    expired    numeric(14,2) NOT NULL,
    expires_at timestamptz   NOT NULL,
    created_at timestamptz   NOT NULL,
    updated_at timestamptz   NOT NULL,
    version    bigint        NOT NULL,
    state      jsonb         NOT NULL
) WITH (fillfactor = 80);
COMMENT ON COLUMN gift_cards.state IS 'The card itself, as the aggregate serialises it.';
CREATE INDEX gift_cards_code ON gift_cards (code_hash);
CREATE INDEX gift_cards_buyer ON gift_cards (buyer, created_at) WHERE buyer IS NOT NULL;
CREATE INDEX gift_cards_expiry ON gift_cards (expires_at) WHERE available > 0;
