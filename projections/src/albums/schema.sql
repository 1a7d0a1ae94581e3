CREATE TABLE albums (
    id           uuid     NOT NULL PRIMARY KEY,
    artist_id    uuid     NOT NULL,
    artist_name  text     NOT NULL,
    title        text     NOT NULL,
    release_year smallint,
    genre        text,
    label        text,
    format       text     NOT NULL,
    tracks       jsonb    NOT NULL,
    is_active    boolean  NOT NULL,
    archived     boolean  NOT NULL,
    version      bigint   NOT NULL,
    -- As they are, for names of stop words; and by their stems in Russian and English. Artist and title
    -- are one text, so that words of both match together.
    search       tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', artist_name || ' ' || title), 'A') ||
        setweight(to_tsvector('russian', artist_name || ' ' || title), 'B') ||
        setweight(to_tsvector('simple', jsonb_path_query_array(tracks, '$[*].title')), 'C') ||
        setweight(to_tsvector('russian', jsonb_path_query_array(tracks, '$[*].title')), 'D')) STORED,
    words        text     GENERATED ALWAYS AS (
        lower(artist_name || ' ' || title || ' ' ||
              jsonb_path_query_array(tracks, '$[*].title')::text)) STORED
) WITH (fillfactor = 80);
COMMENT ON COLUMN albums.id IS 'Of the product: price, stock and rating are there.';

-- Versions change with every price. No index holds them, so that those are HOT updates.
CREATE INDEX albums_search ON albums USING gin (search);
CREATE INDEX albums_fuzzy ON albums USING gin (words gin_trgm_ops);
CREATE INDEX albums_artist ON albums (artist_id) WHERE is_active AND NOT archived;
CREATE INDEX albums_title ON albums (lower(title), id) WHERE is_active AND NOT archived;
CREATE INDEX albums_year ON albums ((coalesce(release_year, 0)), id) WHERE is_active AND NOT archived;
CREATE INDEX albums_genre ON albums (lower(genre)) WHERE is_active AND NOT archived;
CREATE INDEX albums_label ON albums (lower(label)) WHERE is_active AND NOT archived;
