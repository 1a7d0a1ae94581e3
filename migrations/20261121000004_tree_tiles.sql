-- What proofs are answered from, and the tree heads that were signed.

CREATE TABLE tree_tiles (
    level           smallint NOT NULL CHECK (level >= 0),
    tile            bigint   NOT NULL CHECK (tile >= 0),
    hashes          bytea    NOT NULL CHECK (length(hashes) = 8192),
    root            bytea    NOT NULL CHECK (length(root) = 32),
    transaction_id  xid8     NOT NULL,
    global_position bigint   NOT NULL,
    PRIMARY KEY (level, tile)
);
COMMENT ON TABLE tree_tiles IS
    'Complete tiles of the tree, 256 hashes wide (C2SP tlog-tiles). Level 0 has the leaf hashes; each level above has the roots of the tiles below.';
COMMENT ON COLUMN tree_tiles.global_position IS
    'With transaction_id: the place in the feed of the last event under the tile.';
-- Finds the leaf index of an event by its place in the feed.
CREATE UNIQUE INDEX tree_tiles_place ON tree_tiles (transaction_id, global_position)
    WHERE level = 0;
CREATE TRIGGER tree_tiles_append_only BEFORE UPDATE OR DELETE ON tree_tiles
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tree_tiles_never_truncated BEFORE TRUNCATE ON tree_tiles
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE signed_checkpoints (
    size      bigint      NOT NULL CHECK (size > 0),
    vkey      text        NOT NULL,
    root      bytea       NOT NULL CHECK (length(root) = 32),
    note      text        NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (size, vkey)
);
COMMENT ON TABLE signed_checkpoints IS
    'Tree heads signed for auditors (C2SP tlog-checkpoint). `vkey` verifies the note.';
CREATE TRIGGER signed_checkpoints_append_only BEFORE UPDATE OR DELETE ON signed_checkpoints
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER signed_checkpoints_never_truncated BEFORE TRUNCATE ON signed_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON tree_tiles, signed_checkpoints TO ledgerline_app;
