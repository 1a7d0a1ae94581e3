-- For tools that draw figures straight from the database. A login of its own is to be a member:
--   CREATE ROLE somebody LOGIN PASSWORD '…' IN ROLE ledgerline_analyst;
-- Which views of the schema `read` it sees is up to the program that makes them, for a view is made
-- anew when its columns change: see projections/src/analysts.rs and docs/OPERATIONS.md.
DO $$
BEGIN
    CREATE ROLE ledgerline_analyst NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT USAGE ON SCHEMA read TO ledgerline_analyst;
