-- The append-only log and what is written by the same statement as the events.

CREATE TABLE events (
    aggregate_type  text        NOT NULL,
    aggregate_id    text        NOT NULL,
    sequence        bigint      NOT NULL CHECK (sequence > 0),
    event_type      text        NOT NULL,
    event_version   text        NOT NULL,
    payload         json        NOT NULL,
    metadata        json        NOT NULL,
    event_id        uuid        NOT NULL DEFAULT gen_random_uuid(),
    global_position bigint      GENERATED ALWAYS AS IDENTITY,
    transaction_id  xid8        NOT NULL DEFAULT pg_current_xact_id(),
    recorded_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    prev_hash       bytea,
    hash            bytea,
    CONSTRAINT events_pkey PRIMARY KEY (aggregate_type, aggregate_id, sequence)
);
CREATE UNIQUE INDEX events_feed ON events (transaction_id, global_position);
COMMENT ON TABLE events IS 'The log. Rows are only ever inserted; hash chains each stream.';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_never_truncated BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE snapshots (
    aggregate_type text   NOT NULL,
    aggregate_id   text   NOT NULL,
    sequence       bigint NOT NULL CHECK (sequence > 0),
    schema_version int    NOT NULL,
    hash           bytea  NOT NULL,
    state          json   NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id)
);
COMMENT ON COLUMN snapshots.hash IS 'The hash of the event at this sequence: the chain goes on from it.';

CREATE TABLE idempotency (
    scope        text        NOT NULL,
    key          text        NOT NULL,
    request_hash bytea       NOT NULL,
    response     json        NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT idempotency_pkey PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_age ON idempotency (recorded_at);

CREATE TABLE personal_data (
    subject_id uuid NOT NULL,
    key        text NOT NULL,
    value      text NOT NULL,
    CONSTRAINT personal_data_pkey PRIMARY KEY (subject_id, key)
);
COMMENT ON TABLE personal_data IS 'The only place for names, addresses, e-mails and phones. Rows can be erased.';
-- The e-mail is stored normalised (lower case), so that uniqueness ignores case.
CREATE UNIQUE INDEX personal_data_email ON personal_data (value) WHERE key = 'email';

CREATE TABLE checkpoints (
    name            text        NOT NULL PRIMARY KEY,
    generation      int         NOT NULL DEFAULT 1,
    transaction_id  xid8        NOT NULL,
    global_position bigint      NOT NULL,
    updated_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE leases (
    name       text        NOT NULL PRIMARY KEY,
    holder     uuid        NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE leases IS 'Which process does what: a dead holder''s work moves on when its lease expires.';

CREATE TABLE projections (
    name         text        NOT NULL,
    generation   int         NOT NULL,
    version      int         NOT NULL,
    schema_name  text        NOT NULL UNIQUE,
    status       text        NOT NULL CHECK (status IN ('building', 'live', 'failed')),
    error        text,
    failed_at    timestamptz,
    PRIMARY KEY (name, generation)
);

CREATE TABLE tree_heads (
    size            bigint      NOT NULL PRIMARY KEY,
    root            bytea       NOT NULL,
    peaks           bytea       NOT NULL,
    transaction_id  xid8        NOT NULL,
    global_position bigint      NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN tree_heads.peaks IS 'The roots of the perfect subtrees, left to right: enough to go on from here.';
COMMENT ON TABLE tree_heads IS 'RFC 6962 roots over the hashes of the first `size` events of the feed.';
CREATE TRIGGER tree_heads_append_only BEFORE UPDATE OR DELETE ON tree_heads
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tree_heads_never_truncated BEFORE TRUNCATE ON tree_heads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE SCHEMA read;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- The server works under this role: it can add to the log and read it, and nothing else.
DO $$
BEGIN
    CREATE ROLE ledgerline_app NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT SELECT, INSERT ON events, tree_heads TO ledgerline_app;
GRANT SELECT, INSERT, UPDATE, DELETE
    ON snapshots, idempotency, personal_data, checkpoints, leases, projections TO ledgerline_app;
GRANT USAGE, CREATE ON SCHEMA read TO ledgerline_app;
DO $$
BEGIN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO ledgerline_app', current_database());
    EXECUTE format('GRANT ledgerline_app TO %I', current_user);
    -- The table is the migrator's; the server only looks whether anything is missing.
    IF to_regclass('_sqlx_migrations') IS NOT NULL THEN
        GRANT SELECT ON _sqlx_migrations TO ledgerline_app;
    END IF;
END $$;
