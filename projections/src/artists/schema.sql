CREATE TABLE artists (
    id         uuid        NOT NULL PRIMARY KEY,
    name       text        NOT NULL,
    bio        text,
    country    text,
    image_url  text,
    albums     bigint      NOT NULL,
    deleted    boolean     NOT NULL,
    version    bigint      NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- As they are, for names of stop words; and by their stems in Russian and English.
    search     tsvector    GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', name), 'A') ||
        setweight(to_tsvector('russian', name), 'B') ||
        setweight(to_tsvector('russian', coalesce(bio, '')), 'D')) STORED,
    words      text        GENERATED ALWAYS AS (lower(name)) STORED
) WITH (fillfactor = 80);
COMMENT ON COLUMN artists.albums IS 'Those that are not archived.';

CREATE INDEX artists_search ON artists USING gin (search);
CREATE INDEX artists_fuzzy ON artists USING gin (words gin_trgm_ops);
CREATE INDEX artists_name ON artists (lower(name), id) WHERE NOT deleted;
CREATE INDEX artists_newest ON artists (created_at, id) WHERE NOT deleted;
