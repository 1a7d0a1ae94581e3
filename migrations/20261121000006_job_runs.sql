-- When each job last ran to its end, so that one that was missed is made up for.

CREATE TABLE job_runs (
    name        text        NOT NULL PRIMARY KEY,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    done        bigint,
    error       text
);
COMMENT ON COLUMN job_runs.finished_at IS 'The last end without an error.';
COMMENT ON COLUMN job_runs.done IS 'How many things that run changed.';
GRANT SELECT, INSERT, UPDATE ON job_runs TO ledgerline_app;
