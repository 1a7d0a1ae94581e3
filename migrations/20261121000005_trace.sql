-- Finding an event by its id, and the events that it caused. Both are for auditors, so they must
-- cost an append next to nothing.

-- Ids are UUIDv7 and grow with time, as the table does: the least and the greatest of each few pages
-- are enough to find one. A b-tree would have to be written to for every event.
CREATE INDEX events_by_id ON events USING brin (event_id)
    WITH (pages_per_range = 16, autosummarize = on);

-- What a request did is caused by the request itself and is found by its transaction. Only what a
-- process did on its own has an event as its cause, and only that is in the index.
CREATE INDEX events_caused_by ON events ((metadata ->> 'causation_id'))
    WHERE metadata ->> 'causation_id' <> metadata ->> 'request_id';
