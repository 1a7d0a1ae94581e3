//! Loading streams: what the log holds, folded into an aggregate.

use crate::chain::{GENESIS, Hash};
use crate::codec::Codec;
use crate::recorded::hash_from_stored;
use crate::{Position, StreamId, UnitError};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use sqlx::{PgConnection, PgExecutor};
use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An aggregate the log can load and cache: any cqrs-es aggregate that can be cloned.
pub trait Entity: Aggregate + Clone + 'static {}

impl<A: Aggregate + Clone + 'static> Entity for A {}

/// A stream as far as it is known: the state, the sequence of its last event and that event's hash.
#[derive(Clone)]
pub(crate) struct Loaded {
    pub sequence: i64,
    pub hash: Hash,
    /// When its first event was recorded; unknown where it was loaded from a snapshot.
    pub created_at: Option<DateTime<Utc>>,
    pub state: Arc<dyn Any + Send + Sync>,
}

/// What a loader needs to know of a stream's type, with the type itself erased.
#[derive(Clone, Copy)]
pub(crate) struct Loader {
    pub empty: fn() -> Loaded,
    /// The state from a snapshot's text.
    pub thaw: fn(&str) -> Option<Arc<dyn Any + Send + Sync>>,
    /// The text of a snapshot.
    pub freeze: fn(&(dyn Any + Send + Sync)) -> Option<String>,
    pub apply: fn(&Codec, &mut Loaded, &StoredEvent) -> Result<(), BoxError>,
}

pub(crate) struct StoredEvent {
    pub sequence: i64,
    pub event_type: String,
    pub event_version: String,
    pub payload: String,
    pub hash: Hash,
    pub recorded_at: DateTime<Utc>,
}

impl Loader {
    pub fn of<A: Entity>() -> Self {
        Self {
            empty: || Loaded {
                sequence: 0,
                hash: GENESIS,
                created_at: None,
                state: Arc::new(A::default()),
            },
            thaw: |state| {
                let state: A = serde_json::from_str(state).ok()?;
                Some(Arc::new(state))
            },
            freeze: |state| serde_json::to_string(state.downcast_ref::<A>()?).ok(),
            apply: apply::<A>,
        }
    }
}

fn apply<A: Entity>(
    codec: &Codec,
    loaded: &mut Loaded,
    event: &StoredEvent,
) -> Result<(), BoxError> {
    if event.sequence != loaded.sequence + 1 {
        return Err(format!("event {} follows event {}", event.sequence, loaded.sequence).into());
    }
    let decoded = codec.decode(A::TYPE, &event.event_type, &event.event_version, &event.payload)?;
    let state = std::mem::replace(&mut loaded.state, Arc::new(()));
    let Ok(mut state) = state.downcast::<A>() else {
        return Err("a state of another type".into());
    };
    Arc::make_mut(&mut state).apply(decoded);
    loaded.state = state;
    if event.sequence == 1 {
        loaded.created_at = Some(event.recorded_at);
    }
    loaded.sequence = event.sequence;
    loaded.hash = event.hash;
    Ok(())
}

/// Loads many streams with two statements at most, whatever their number. A stream that does not
/// exist comes back empty, at sequence 0.
pub(crate) async fn load_many(
    db: &mut PgConnection,
    codec: &Codec,
    streams: &[(StreamId, Loader)],
) -> Result<HashMap<StreamId, Loaded>, UnitError<std::convert::Infallible>> {
    let mut loaded: HashMap<StreamId, Loaded> =
        streams.iter().map(|(stream, loader)| (stream.clone(), (loader.empty)())).collect();
    if has_snapshots(codec, streams) {
        load_snapshots(&mut *db, codec, streams, &mut loaded)
            .await
            .map_err(UnitError::Unavailable)?;
    }
    let ordinals: Vec<i32> = (0..).take(streams.len()).collect();
    let types: Vec<String> = streams.iter().map(|(s, _)| s.aggregate_type.to_owned()).collect();
    let ids: Vec<String> = streams.iter().map(|(s, _)| s.aggregate_id.to_string()).collect();
    let after: Vec<i64> =
        streams.iter().map(|(s, _)| loaded.get(s).map_or(0, |l| l.sequence)).collect();
    let rows = sqlx::query!(
        r#"SELECT n.ord AS "ord!", e.sequence, e.event_type, e.event_version,
                  e.payload::text AS "payload!", e.hash, e.recorded_at
             FROM UNNEST($1::int[], $2::text[], $3::text[], $4::bigint[]) AS n(ord, t, i, after)
             JOIN events e ON e.aggregate_type = n.t AND e.aggregate_id = n.i
                          AND e.sequence > n.after
            ORDER BY n.ord, e.sequence"#,
        &ordinals,
        &types,
        &ids,
        &after
    )
    .fetch_all(db)
    .await
    .map_err(UnitError::Unavailable)?;
    for row in rows {
        let Some((stream, kind)) = usize::try_from(row.ord).ok().and_then(|i| streams.get(i))
        else {
            continue;
        };
        let event = StoredEvent {
            sequence: row.sequence,
            event_type: row.event_type,
            event_version: row.event_version,
            payload: row.payload,
            hash: hash_from_stored(row.hash.as_deref()),
            recorded_at: row.recorded_at,
        };
        if let Some(entry) = loaded.get_mut(stream) {
            apply_safely(*kind, codec, entry, &event)
                .map_err(|source| UnitError::Unreadable { stream: stream.to_string(), source })?;
        }
    }
    Ok(loaded)
}

/// A stored event that its aggregate cannot bear must not take other streams along.
fn apply_safely(
    kind: Loader,
    codec: &Codec,
    entry: &mut Loaded,
    event: &StoredEvent,
) -> Result<(), BoxError> {
    catch_unwind(AssertUnwindSafe(|| (kind.apply)(codec, entry, event))).unwrap_or_else(|_| {
        Err(format!("applying event {} ({}) panicked", event.sequence, event.event_type).into())
    })
}

/// Which of the streams have events behind the given sequence.
pub(crate) async fn moved<'s>(
    db: &mut PgConnection,
    streams: &[(&'s StreamId, i64)],
) -> Result<Vec<&'s StreamId>, sqlx::Error> {
    let ordinals: Vec<i32> = (0..).take(streams.len()).collect();
    let types: Vec<String> = streams.iter().map(|(s, _)| s.aggregate_type.to_owned()).collect();
    let ids: Vec<String> = streams.iter().map(|(s, _)| s.aggregate_id.to_string()).collect();
    let next: Vec<i64> = streams.iter().map(|(_, sequence)| sequence + 1).collect();
    let rows = sqlx::query_scalar!(
        r#"SELECT n.ord AS "ord!"
             FROM UNNEST($1::int[], $2::text[], $3::text[], $4::bigint[]) AS n(ord, t, i, next)
             JOIN events e ON e.aggregate_type = n.t AND e.aggregate_id = n.i
                          AND e.sequence = n.next"#,
        &ordinals,
        &types,
        &ids,
        &next
    )
    .fetch_all(db)
    .await?;
    let moved = rows.into_iter().filter_map(|ordinal| streams.get(usize::try_from(ordinal).ok()?));
    Ok(moved.map(|(stream, _)| *stream).collect())
}

fn has_snapshots(codec: &Codec, streams: &[(StreamId, Loader)]) -> bool {
    streams.iter().any(|(stream, _)| codec.snapshot_policy(stream.aggregate_type).is_some())
}

async fn load_snapshots(
    db: &mut PgConnection,
    codec: &Codec,
    streams: &[(StreamId, Loader)],
    loaded: &mut HashMap<StreamId, Loaded>,
) -> Result<(), sqlx::Error> {
    let wanted: Vec<_> = streams
        .iter()
        .filter(|(stream, _)| codec.snapshot_policy(stream.aggregate_type).is_some())
        .collect();
    let ordinals: Vec<i32> = (0..).take(wanted.len()).collect();
    let types: Vec<String> = wanted.iter().map(|(s, _)| s.aggregate_type.to_owned()).collect();
    let ids: Vec<String> = wanted.iter().map(|(s, _)| s.aggregate_id.to_string()).collect();
    let rows = sqlx::query!(
        r#"SELECT n.ord AS "ord!", s.sequence, s.schema_version, s.hash, s.state::text AS "state!"
             FROM UNNEST($1::int[], $2::text[], $3::text[]) AS n(ord, t, i)
             JOIN snapshots s ON s.aggregate_type = n.t AND s.aggregate_id = n.i"#,
        &ordinals,
        &types,
        &ids
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        let Some((stream, kind)) = usize::try_from(row.ord).ok().and_then(|i| wanted.get(i)) else {
            continue;
        };
        let policy = codec.snapshot_policy(stream.aggregate_type);
        if policy.map(|policy| policy.schema_version) != Some(row.schema_version) {
            continue;
        }
        if let Some(state) = (kind.thaw)(&row.state) {
            let hash = hash_from_stored(Some(&row.hash));
            loaded.insert(
                stream.clone(),
                Loaded { sequence: row.sequence, hash, created_at: None, state },
            );
        }
    }
    Ok(())
}

/// One aggregate and its version (the sequence of its last event, 0 where it has none).
pub async fn load_stream<A: Entity>(
    pool: &sqlx::PgPool,
    codec: &Codec,
    id: &str,
) -> Result<(A, i64), UnitError<std::convert::Infallible>> {
    let stream = StreamId::new(A::TYPE, id);
    let mut db = pool.acquire().await.map_err(UnitError::Unavailable)?;
    let mut loaded = load_many(&mut db, codec, &[(stream.clone(), Loader::of::<A>())]).await?;
    let loaded = loaded.remove(&stream).unwrap_or_else(Loader::of::<A>().empty);
    let state = loaded.state.downcast::<A>().map_err(|_| UnitError::Unreadable {
        stream: stream.to_string(),
        source: "a state of another type".into(),
    })?;
    Ok((Arc::unwrap_or_clone(state), loaded.sequence))
}

/// Up to which event a historical state is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    Time(DateTime<Utc>),
    Position(Position),
}

/// The aggregate as the log told it at a moment, rebuilt from its first event by the same fold.
pub async fn load_stream_as_of<A: Entity>(
    db: impl PgExecutor<'_>,
    codec: &Codec,
    id: &str,
    as_of: AsOf,
) -> Result<(A, i64), UnitError<std::convert::Infallible>> {
    let (time, position) = match as_of {
        AsOf::Time(time) => (Some(time), None),
        AsOf::Position(position) => (None, Some(position)),
    };
    let rows = sqlx::query!(
        r#"SELECT e.sequence, e.event_type, e.event_version, e.payload::text AS "payload!"
             FROM events e
            WHERE e.aggregate_type = $1 AND e.aggregate_id = $2
              AND ($3::timestamptz IS NULL OR e.recorded_at <= $3)
              AND ($4::text IS NULL
                   OR (e.transaction_id, e.global_position) <= ($4::text::xid8, $5::bigint))
            ORDER BY e.sequence"#,
        A::TYPE,
        id,
        time,
        position.map(|position| position.transaction_id.to_string()),
        position.map(|position| position.global_position)
    )
    .fetch_all(db)
    .await
    .map_err(UnitError::Unavailable)?;
    let mut state = A::default();
    let mut version = 0;
    for row in rows {
        // Two machines' clocks may disagree: an event that says to be older than the one before it
        // does not come before it.
        if row.sequence != version + 1 {
            break;
        }
        let decoded = codec.decode(A::TYPE, &row.event_type, &row.event_version, &row.payload);
        let event = decoded.map_err(|source| UnitError::Unreadable {
            stream: format!("{}/{id}", A::TYPE),
            source: source.into(),
        })?;
        state.apply(event);
        version = row.sequence;
    }
    Ok((state, version))
}
