CREATE TABLE checkout_tasks (
    key            text        NOT NULL PRIMARY KEY,
    kind           text        NOT NULL,
    subject        uuid        NOT NULL,
    due_at         timestamptz NOT NULL,
    event_id       uuid        NOT NULL,
    correlation_id uuid        NOT NULL,
    detail         jsonb       NOT NULL
);
COMMENT ON COLUMN checkout_tasks.event_id IS 'The event that made the task: the cause of what it does.';
CREATE INDEX checkout_tasks_due ON checkout_tasks (due_at, key);
