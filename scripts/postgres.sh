# Functions to run a PostgreSQL cluster that holds the schema which the query macros are checked
# against. Sourced by the scripts beside it; it starts nothing by itself, and no cluster of it
# ever listens on a network address.

pg_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The folder with initdb and pg_ctl: PATH first, else the newest one that Debian installed.
pg_find_bin() {
    local found
    if found=$(command -v pg_ctl); then
        found=$(readlink -f "$found")
    else
        found=$(ls -d /usr/lib/postgresql/*/bin/pg_ctl 2>/dev/null | sort -V | tail -n 1)
    fi
    if [[ -z $found ]]; then
        echo "PostgreSQL's initdb and pg_ctl were not found; install postgresql-15 or newer" >&2
        return 1
    fi
    dirname "$found"
}

# PostgreSQL refuses to run as root, so that its programs are given to another user then.
pg_unprivileged() {
    if [[ $(id -u) -ne 0 ]]; then
        (cd / && "$@")
    elif getent passwd postgres >/dev/null; then
        (cd / && runuser -u postgres -- "$@")
    else
        (cd / && runuser -u nobody -- "$@")
    fi
}

# pg_start HOME: starts the cluster in HOME (made if missing), with its socket in HOME.
pg_start() {
    local home=$1 bin
    bin=$(pg_find_bin)
    if [[ ! -s $home/data/PG_VERSION ]]; then
        mkdir -p "$home"
        chmod 700 "$home"
        if [[ $(id -u) -eq 0 ]]; then
            chown "$(pg_unprivileged id -un)" "$home"
        fi
        pg_unprivileged "$bin/initdb" --pgdata="$home/data" --username=postgres --auth=trust \
            --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
    fi
    if pg_unprivileged "$bin/pg_ctl" --pgdata="$home/data" status >/dev/null 2>&1; then
        return 0
    fi
    # Trust is safe here: only the owner (and root) can enter the folder of the socket.
    # Descriptors 8 and 9 are the callers' locks; a server that inherits one would keep it.
    pg_unprivileged "$bin/pg_ctl" --pgdata="$home/data" --log="$home/log" --wait --timeout=60 \
        --options="-c listen_addresses='' -c unix_socket_directories='$home' -c fsync=off" \
        start >/dev/null 8>&- 9>&- || {
        tail -n 20 "$home/log" >&2
        return 1
    }
}

# pg_stop HOME
pg_stop() {
    local home=$1 bin
    bin=$(pg_find_bin)
    if [[ -s $home/data/postmaster.pid ]]; then
        pg_unprivileged "$bin/pg_ctl" --pgdata="$home/data" --mode=immediate --wait stop >/dev/null
    fi
}

# pg_sql HOME DATABASE [psql options]: psql that stops at the first error.
pg_sql() {
    local home=$1 database=$2
    shift 2
    "$(pg_find_bin)/psql" --no-psqlrc --quiet --no-align --tuples-only -v ON_ERROR_STOP=1 \
        --host="$home" --username=postgres --dbname="$database" "$@"
}

# The projections that have a schema, one name a line.
pg_projections() {
    local file
    for file in "$pg_root"/projections/src/*/schema.sql; do
        if [[ -e $file ]]; then
            basename "$(dirname "$file")"
        fi
    done
}

# Changes whenever a file that makes the schema changes.
pg_schema_digest() {
    (
        cd "$pg_root"
        shopt -s nullglob
        sha256sum scripts/postgres.sh migrations/*.sql projections/src/*/schema.sql
    ) | sha256sum | cut -c 1-64
}

# pg_create HOME DATABASE: migrations, then each projection's tables in `<name>_v0` with their
# views in `read`: what a running server has, under version names that no real schema can have.
pg_create() {
    local home=$1 database=$2 file name
    pg_sql "$home" postgres -c "CREATE DATABASE \"$database\""
    for file in "$pg_root"/migrations/*.sql; do
        if [[ -e $file && $file != *.down.sql ]]; then
            pg_sql "$home" "$database" --single-transaction --file="$file" >/dev/null
        fi
    done
    while read -r name; do
        PGOPTIONS='-c client_min_messages=warning' pg_sql "$home" "$database" \
            --single-transaction -c "CREATE SCHEMA ${name}_v0" \
            -c "SET search_path = ${name}_v0, public" \
            --file="$pg_root/projections/src/$name/schema.sql" -c "
                DO \$\$
                DECLARE t text;
                BEGIN
                    FOR t IN SELECT tablename FROM pg_tables
                             WHERE schemaname = '${name}_v0' ORDER BY tablename LOOP
                        EXECUTE format('CREATE VIEW read.%I AS SELECT * FROM ${name}_v0.%I', t, t);
                    END LOOP;
                END \$\$" >/dev/null
    done < <(pg_projections)
    pg_sql "$home" postgres -c "COMMENT ON DATABASE \"$database\" IS '$(pg_schema_digest)'"
}

# pg_url HOME DATABASE: the tables come before the views in the search path, because the macros
# know from a table, but not from a view, which columns are never null.
pg_url() {
    local home=$1 database=$2 name path=''
    while read -r name; do
        path+="${name}_v0,"
    done < <(pg_projections)
    echo "postgres://postgres@localhost/$database?host=$home&options=-csearch_path%3D${path}read,public"
}
