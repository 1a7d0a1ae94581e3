//! A few hundred lines at once: do they go on from what is stored, and storing them.

use crate::recorded::hash_from_stored;
use crate::{GENESIS, Hash, Recorded};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The stream's last event so far: its sequence and its hash.
type Heads<'a> = HashMap<(&'a str, &'a str), (i64, Hash)>;

/// What an empty log does not have.
pub(super) async fn what_is_stored(
    db: &mut PgConnection,
) -> Result<Option<&'static str>, sqlx::Error> {
    let found = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM events) AS "events!",
                  EXISTS (SELECT FROM tree_heads) OR EXISTS (SELECT FROM tree_tiles)
                      OR EXISTS (SELECT FROM signed_checkpoints) AS "tree_heads!",
                  EXISTS (SELECT FROM snapshots) AS "snapshots!",
                  EXISTS (SELECT FROM checkpoints WHERE transaction_id > '0'::xid8) AS "checkpoints!""#
    )
    .fetch_one(db)
    .await?;
    let all = [
        (found.events, "events"),
        (found.tree_heads, "tree heads"),
        (found.snapshots, "snapshots"),
        (found.checkpoints, "read models"),
    ];
    Ok(all.into_iter().find(|(found, _)| *found).map(|(_, what)| what))
}

/// Where the streams of these events ended before them.
pub(super) async fn heads<'a>(
    db: &mut PgConnection,
    batch: &'a [(u64, Recorded)],
) -> Result<Heads<'a>, sqlx::Error> {
    let streams: HashSet<(&str, &str)> = batch.iter().map(|(_, event)| stream(event)).collect();
    let streams: Vec<_> = streams.into_iter().collect();
    let ordinals: Vec<i32> = (0..).take(streams.len()).collect();
    let types: Vec<String> = streams.iter().map(|(kind, _)| (*kind).to_owned()).collect();
    let ids: Vec<String> = streams.iter().map(|(_, id)| (*id).to_owned()).collect();
    let rows = sqlx::query!(
        r#"SELECT n.ord AS "ord!", l.sequence, l.hash
             FROM UNNEST($1::int[], $2::text[], $3::text[]) AS n(ord, t, i)
            CROSS JOIN LATERAL (
                  SELECT e.sequence, e.hash FROM events e
                   WHERE e.aggregate_type = n.t AND e.aggregate_id = n.i
                   ORDER BY e.sequence DESC LIMIT 1) AS l"#,
        &ordinals,
        &types,
        &ids
    )
    .fetch_all(db)
    .await?;
    let heads = rows.into_iter().filter_map(|row| {
        let stream = streams.get(usize::try_from(row.ord).ok()?)?;
        Some((*stream, (row.sequence, hash_from_stored(row.hash.as_deref()))))
    });
    Ok(heads.collect())
}

fn stream(event: &Recorded) -> (&str, &str) {
    (&event.aggregate_type, &event.aggregate_id)
}

/// Follows the chain of each stream from where it ended; otherwise the line, the event, and why.
pub(super) fn follow<'a>(
    mut heads: Heads<'a>,
    batch: &'a [(u64, Recorded)],
) -> Result<(), (u64, String, String)> {
    for (line, event) in batch {
        let (sequence, hash) = heads.get(&stream(event)).copied().unwrap_or((0, GENESIS));
        let problem = if event.sequence != sequence + 1 {
            format!("event {} of its stream is due", sequence + 1)
        } else if event.prev_hash != hash {
            "it does not follow the event before it (previous hash)".to_owned()
        } else {
            heads.insert(stream(event), (event.sequence, event.hash));
            continue;
        };
        return Err((*line, super::name(event), problem));
    }
    Ok(())
}

pub(super) async fn store(
    db: &mut PgConnection,
    batch: &[(u64, Recorded)],
) -> Result<(), sqlx::Error> {
    fn column<T>(batch: &[(u64, Recorded)], value: impl Fn(&Recorded) -> T) -> Vec<T> {
        batch.iter().map(|(_, event)| value(event)).collect()
    }
    sqlx::query!(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version,
                             payload, metadata, event_id, transaction_id, global_position,
                             recorded_at, prev_hash, hash)
         OVERRIDING SYSTEM VALUE
         SELECT t, i, s, et, ev, p::json, m::json, id, tx::xid8, gp, at, ph, h
           FROM UNNEST($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],
                       $7::text[], $8::uuid[], $9::text[], $10::bigint[], $11::timestamptz[],
                       $12::bytea[], $13::bytea[])
                AS n(t, i, s, et, ev, p, m, id, tx, gp, at, ph, h)",
        &column(batch, |event| event.aggregate_type.clone()),
        &column(batch, |event| event.aggregate_id.clone()),
        &column(batch, |event| event.sequence),
        &column(batch, |event| event.event_type.clone()),
        &column(batch, |event| event.event_version.clone()),
        &column(batch, |event| event.payload.clone()),
        &column(batch, |event| event.metadata.clone()),
        &column::<Uuid>(batch, |event| event.event_id),
        &column(batch, |event| event.position.transaction_id.to_string()),
        &column(batch, |event| event.position.global_position),
        &column(batch, |event| event.recorded_at),
        &column(batch, |event| event.prev_hash.to_vec()),
        &column(batch, |event| event.hash.to_vec())
    )
    .execute(db)
    .await?;
    Ok(())
}

/// New events get positions behind the given one. Undone with the transaction.
pub(super) async fn restart_positions(
    db: &mut PgConnection,
    highest: i64,
) -> Result<(), sqlx::Error> {
    // The statement takes no parameters; this is a number. Altering the table instead would also
    // shut out its readers.
    let next = highest.saturating_add(1);
    let statement = format!("ALTER SEQUENCE events_global_position_seq RESTART WITH {next}");
    sqlx::query(&statement).execute(db).await?;
    Ok(())
}
