CREATE TABLE gift_card_entries (
    id       text          NOT NULL PRIMARY KEY,
    card_id  uuid          NOT NULL,
    sequence bigint        NOT NULL,
    at       timestamptz   NOT NULL,
    kind     text          NOT NULL,
    amount   numeric(14,2) NOT NULL,
    order_id uuid,
    user_id  uuid
);
COMMENT ON COLUMN gift_card_entries.user_id IS 'Who bought the card, or whose order holds of it; in other entries absent.';
CREATE INDEX gift_card_entries_card ON gift_card_entries (card_id, sequence);
CREATE INDEX gift_card_entries_order ON gift_card_entries (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX gift_card_entries_user ON gift_card_entries (user_id) WHERE user_id IS NOT NULL;
