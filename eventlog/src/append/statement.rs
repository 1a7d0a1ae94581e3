//! The one statement, put together from the parts that an append needs: most need events only, and
//! what is not there costs neither planning nor execution. Each combination is prepared once per
//! connection.

use super::columns::{Columns, column};
use super::{Append, PersonalChange};
use crate::chain::Hash;
use chrono::{DateTime, Utc};
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;
use std::sync::OnceLock;

/// Transaction id, position of the last event, and whether a guarded stream has moved on.
type Row = (Option<String>, Option<i64>, bool);
type Query<'q> = QueryAs<'q, sqlx::Postgres, Row, PgArguments>;

/// Which parts an append has.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each part is there or not, in any combination")]
pub(super) struct Parts {
    events: bool,
    guards: bool,
    idempotency: bool,
    personal: bool,
    snapshots: bool,
}

impl Parts {
    pub fn of(append: &Append) -> Self {
        Self {
            events: !append.streams.is_empty(),
            guards: !append.guards.is_empty(),
            idempotency: !append.idempotency.is_empty(),
            personal: !append.personal.is_empty(),
            snapshots: append.streams.iter().any(|stream| stream.snapshot.is_some()),
        }
    }

    /// Its text, made once.
    fn sql(self) -> &'static str {
        static STATEMENTS: [OnceLock<String>; 32] = [const { OnceLock::new() }; 32];
        let parts = [self.events, self.guards, self.idempotency, self.personal, self.snapshots];
        let index = parts.iter().fold(0, |index, part| index * 2 + usize::from(*part));
        // Five bits: always within the array.
        STATEMENTS[index].get_or_init(|| self.build())
    }

    /// The parameters are numbered in the order in which [`Parts::bind`] binds them; $1 is the time.
    fn build(self) -> String {
        let mut parameters = Parameters { last: 1 };
        let mut parts = Vec::new();
        let mut add = |present: bool, part: fn(&mut Parameters, &str) -> String| {
            if present {
                let unless = if self.guards { "WHERE NOT EXISTS (SELECT FROM moved)" } else { "" };
                parts.push(part(&mut parameters, unless));
            }
        };
        add(self.guards, guards);
        add(self.idempotency, idempotency);
        add(self.personal, personal);
        add(self.snapshots, snapshots);
        add(self.events, events);
        let (transaction, position) = if self.events {
            (
                "(SELECT transaction_id::text FROM ev LIMIT 1)",
                "(SELECT max(global_position) FROM ev)",
            )
        } else {
            ("NULL::text", "NULL::bigint")
        };
        let moved = if self.guards { "EXISTS (SELECT FROM moved)" } else { "false" };
        // The time is mentioned where no part has it, so that its type is known.
        let parts = parts.join(",\n");
        format!(
            "WITH {parts}\nSELECT {transaction}, {position}, {moved} AND $1::timestamptz IS NOT NULL"
        )
    }

    /// The statement with all its values.
    pub fn bind<'q>(
        self,
        columns: Columns<'q>,
        append: &'q Append,
        heads: &[Hash],
        recorded_at: DateTime<Utc>,
    ) -> Query<'q> {
        let mut query = sqlx::query_as(self.sql()).bind(recorded_at);
        if self.guards {
            query = bind_guards(query, append);
        }
        if self.idempotency {
            query = bind_idempotency(query, append);
        }
        if self.personal {
            query = bind_personal(query, append);
        }
        if self.snapshots {
            query = bind_snapshots(query, append, heads);
        }
        if self.events {
            query = bind_events(query, columns);
        }
        query
    }
}

/// Numbers the parameters.
struct Parameters {
    last: usize,
}

impl Parameters {
    /// One array of each type: the columns of a table.
    fn columns(&mut self, types: &[&str]) -> String {
        let mut numbered = |of: &&str| {
            self.last += 1;
            format!("${}::{of}[]", self.last)
        };
        types.iter().map(&mut numbered).collect::<Vec<_>>().join(", ")
    }
}

/// Nothing happens at all where a guarded stream has moved on.
fn guards(parameters: &mut Parameters, _: &str) -> String {
    let columns = parameters.columns(&["text", "text", "bigint"]);
    format!(
        "moved AS MATERIALIZED (
            SELECT FROM UNNEST({columns}) AS g(t, i, s)
              JOIN events e ON e.aggregate_type = g.t AND e.aggregate_id = g.i
                           AND e.sequence = g.s + 1
             LIMIT 1)"
    )
}

fn bind_guards<'q>(query: Query<'q>, append: &'q Append) -> Query<'q> {
    let guards = &append.guards;
    query
        .bind(column(guards, |(stream, _)| stream.aggregate_type))
        .bind(column(guards, |(stream, _)| &*stream.aggregate_id))
        .bind(column(guards, |(_, sequence)| *sequence))
}

fn idempotency(parameters: &mut Parameters, unless: &str) -> String {
    let columns = parameters.columns(&["text", "text", "bytea", "text"]);
    format!(
        "idem AS (
            INSERT INTO idempotency (scope, key, request_hash, response, recorded_at)
            SELECT s, k, h, r::json, $1 FROM UNNEST({columns}) AS n(s, k, h, r) {unless})"
    )
}

fn bind_idempotency<'q>(query: Query<'q>, append: &'q Append) -> Query<'q> {
    let records = &append.idempotency;
    query
        .bind(column(records, |record| record.scope.as_str()))
        .bind(column(records, |record| record.key.as_str()))
        .bind(column(records, |record| record.request_hash.to_vec()))
        .bind(column(records, |record| record.response.to_string()))
}

fn personal(parameters: &mut Parameters, unless: &str) -> String {
    let and_unless = unless.replace("WHERE", "AND");
    let erased = parameters.columns(&["uuid"]);
    let columns = parameters.columns(&["uuid", "text", "text"]);
    format!(
        "erased AS (DELETE FROM personal_data WHERE subject_id = ANY({erased}) {and_unless}),
         personal AS (
            INSERT INTO personal_data (subject_id, key, value)
            SELECT s, k, v FROM UNNEST({columns}) AS n(s, k, v) {unless}
            ON CONFLICT (subject_id, key) DO UPDATE SET value = excluded.value)"
    )
}

fn bind_personal<'q>(query: Query<'q>, append: &'q Append) -> Query<'q> {
    let mut erased = Vec::new();
    let (mut subjects, mut keys, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for change in &append.personal {
        match change {
            PersonalChange::Set { subject, key, value } => {
                subjects.push(*subject);
                keys.push(key.as_str());
                values.push(value.as_str());
            }
            PersonalChange::EraseAll { subject } => erased.push(*subject),
        }
    }
    query.bind(erased).bind(subjects).bind(keys).bind(values)
}

fn snapshots(parameters: &mut Parameters, unless: &str) -> String {
    let columns = parameters.columns(&["text", "text", "bigint", "int", "bytea", "text"]);
    format!(
        "snap AS (
            INSERT INTO snapshots (aggregate_type, aggregate_id, sequence, schema_version, hash, state)
            SELECT t, i, s, v, h, d::json FROM UNNEST({columns}) AS n(t, i, s, v, h, d) {unless}
            ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE
               SET sequence = excluded.sequence, schema_version = excluded.schema_version,
                   hash = excluded.hash, state = excluded.state
             WHERE snapshots.sequence < excluded.sequence)"
    )
}

fn bind_snapshots<'q>(query: Query<'q>, append: &'q Append, heads: &[Hash]) -> Query<'q> {
    let snapshots: Vec<_> = append
        .streams
        .iter()
        .zip(heads)
        .filter_map(|(stream, head)| stream.snapshot.as_ref().map(|s| (stream, s, head)))
        .collect();
    query
        .bind(column(&snapshots, |(s, ..)| s.stream.aggregate_type))
        .bind(column(&snapshots, |(s, ..)| &*s.stream.aggregate_id))
        .bind(column(&snapshots, |(s, ..)| s.last()))
        .bind(column(&snapshots, |(_, snapshot, _)| snapshot.schema_version))
        .bind(column(&snapshots, |(.., head)| head.to_vec()))
        .bind(column(&snapshots, |(_, snapshot, _)| snapshot.state.as_str()))
}

fn events(parameters: &mut Parameters, unless: &str) -> String {
    let columns = parameters.columns(&[
        "text", "text", "bigint", "text", "text", "text", "text", "uuid", "bytea", "bytea",
    ]);
    format!(
        "ev AS (
            INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version,
                                payload, metadata, event_id, prev_hash, hash, recorded_at)
            SELECT t, i, s, et, ev, p::json, m::json, e, ph, h, $1
              FROM UNNEST({columns})
                   WITH ORDINALITY AS n(t, i, s, et, ev, p, m, e, ph, h, ord)
            {unless} ORDER BY ord RETURNING transaction_id, global_position)"
    )
}

fn bind_events<'q>(query: Query<'q>, columns: Columns<'q>) -> Query<'q> {
    query
        .bind(columns.aggregate_types)
        .bind(columns.aggregate_ids)
        .bind(columns.sequences)
        .bind(columns.event_types)
        .bind(columns.event_versions)
        .bind(columns.payloads)
        .bind(columns.metadatas)
        .bind(columns.event_ids)
        .bind(columns.prev_hashes)
        .bind(columns.hashes)
}
