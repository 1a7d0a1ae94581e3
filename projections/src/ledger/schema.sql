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

-- The grains: quarters of an hour, in which the days of every time zone begin and end; and days of UTC,
-- so that what was owed at a moment takes a row for each day and the quarters of one day.
CREATE TABLE journal_sums (
    account text          NOT NULL,
    grain   text          NOT NULL,
    bucket  timestamptz   NOT NULL,
    debit   numeric(20,2) NOT NULL,
    credit  numeric(20,2) NOT NULL,
    PRIMARY KEY (account, grain, bucket)
) WITH (fillfactor = 70);
COMMENT ON TABLE journal_sums IS 'The lines of each account that were recorded in each period.';
COMMENT ON COLUMN journal_sums.grain IS 'quarter (of an hour) or day (of UTC); add up one of them.';

CREATE FUNCTION journal_follow() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO journal_sums AS s (account, grain, bucket, debit, credit)
    SELECT n.account, g.grain, date_bin(g.length, n.recorded_at, '2000-01-01T00:00:00Z'),
           sum(n.debit), sum(n.credit)
      FROM new_rows n,
           (VALUES ('quarter', interval '15 minutes'), ('day', interval '1 day')) AS g (grain, length)
     GROUP BY 1, 2, 3
    ON CONFLICT (account, grain, bucket) DO UPDATE
       SET debit = s.debit + excluded.debit, credit = s.credit + excluded.credit;
    RETURN NULL;
END $$;
-- Lines only come: none is ever changed, and none goes.
CREATE TRIGGER journal_come AFTER INSERT ON journal
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION journal_follow();
