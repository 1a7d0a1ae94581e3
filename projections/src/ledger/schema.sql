CREATE TABLE journal (
    id              text          NOT NULL PRIMARY KEY,
    event_id        uuid          NOT NULL,
    line            smallint      NOT NULL,
    transaction_id  bigint        NOT NULL,
    global_position bigint        NOT NULL,
    recorded_at     timestamptz   NOT NULL,
    account         text          NOT NULL,
    debit           numeric(14,2) NOT NULL,
    credit          numeric(14,2) NOT NULL,
    currency        text          NOT NULL,
    stream_type     text          NOT NULL,
    stream_id       text          NOT NULL,
    order_id        uuid,
    gift_card_id    uuid,
    user_id         uuid,
    description     text          NOT NULL
);
COMMENT ON TABLE journal IS 'Double entry: the debits of each event are its credits. A line is never changed.';
COMMENT ON COLUMN journal.transaction_id IS 'With global_position the place of the event in the feed.';
CREATE INDEX journal_feed ON journal (transaction_id, global_position, line);
CREATE INDEX journal_time ON journal (recorded_at);
CREATE INDEX journal_account ON journal (account, transaction_id, global_position, line);
