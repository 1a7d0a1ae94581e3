//! Which leaf an event is. Found by the place of the event in the feed and the tile before it, never
//! by counting the log.

use super::tiles::WIDTH;
use super::{TreeError, sealed};
use crate::recorded::hash_from_stored;
use crate::{Hash, Position};
use sqlx::PgPool;
use uuid::Uuid;

/// An event as a leaf of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    pub index: u64,
    pub event_id: Uuid,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: i64,
    /// Of the event: the data of the leaf.
    pub hash: Hash,
    pub position: Position,
}

/// The columns that a [`Leaf`] is made of; the index is counted from the tile before.
macro_rules! leaf_from {
    ($row:expr, $index:expr) => {{
        let row = $row;
        Leaf {
            index: $index,
            event_id: row.event_id,
            hash: hash_from_stored(row.hash.as_deref()),
            position: Position::from_stored(&row.tx, row.global_position)?,
            aggregate_type: row.aggregate_type,
            aggregate_id: row.aggregate_id,
            sequence: row.sequence,
        }
    }};
}

/// How many leaves there are up to a place in the feed, it included.
async fn leaves_up_to(pool: &PgPool, position: Position) -> Result<u64, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT before.tile AS "tile!",
                  (SELECT count(*) FROM events e
                    WHERE (e.transaction_id, e.global_position)
                        > (before.transaction_id, before.global_position)
                      AND (e.transaction_id, e.global_position) <= ($1::text::xid8, $2)) AS "more!"
             FROM ((SELECT t.tile, t.transaction_id, t.global_position FROM tree_tiles t
                     WHERE t.level = 0
                       AND (t.transaction_id, t.global_position) < ($1::text::xid8, $2)
                     ORDER BY t.transaction_id DESC, t.global_position DESC LIMIT 1)
                   UNION ALL SELECT -1, '0'::xid8, 0
                    ORDER BY tile DESC LIMIT 1) AS before"#,
        position.transaction_id.to_string(),
        position.global_position
    )
    .fetch_one(pool)
    .await?;
    let tiles = u64::try_from(row.tile + 1).unwrap_or_default();
    Ok(tiles * WIDTH + u64::try_from(row.more).unwrap_or_default())
}

/// The leaf of an event; `None` where there is no such event, or none that is sealed.
pub async fn leaf_of_event(pool: &PgPool, event_id: Uuid) -> Result<Option<Leaf>, TreeError> {
    let row = sqlx::query!(
        r#"SELECT e.event_id, e.aggregate_type, e.aggregate_id, e.sequence, e.hash,
                  e.transaction_id::text AS "tx!", e.global_position
             FROM events e WHERE e.event_id = $1"#,
        event_id
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let mut leaf = leaf_from!(row, 0);
    let up_to = leaves_up_to(pool, leaf.position).await?;
    leaf.index = up_to.saturating_sub(1);
    Ok((up_to <= sealed(pool).await?).then_some(leaf))
}

/// At most `limit` leaves of a stream, from behind a sequence on, in order. An event that is not
/// sealed yet has an index beyond the tree.
pub async fn leaves_of_stream(
    pool: &PgPool,
    (aggregate_type, aggregate_id): (&str, &str),
    after: i64,
    limit: i64,
) -> Result<Vec<Leaf>, TreeError> {
    let rows = sqlx::query!(
        r#"SELECT e.event_id, e.aggregate_type, e.aggregate_id, e.sequence, e.hash,
                  e.transaction_id::text AS "tx!", e.global_position
             FROM events e
            WHERE e.aggregate_type = $1 AND e.aggregate_id = $2 AND e.sequence > $3
            ORDER BY e.sequence LIMIT $4"#,
        aggregate_type,
        aggregate_id,
        after,
        limit
    )
    .fetch_all(pool)
    .await?;
    let mut leaves = Vec::with_capacity(rows.len());
    for row in rows {
        let mut leaf = leaf_from!(row, 0);
        leaf.index = leaves_up_to(pool, leaf.position).await?.saturating_sub(1);
        leaves.push(leaf);
    }
    Ok(leaves)
}

/// The event that is this leaf now; `None` where the tile before it is missing, or the log ends.
pub async fn leaf_at(pool: &PgPool, index: u64) -> Result<Option<Leaf>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT e.event_id, e.aggregate_type, e.aggregate_id, e.sequence, e.hash,
                  e.transaction_id::text AS "tx!", e.global_position
             FROM (SELECT transaction_id, global_position FROM tree_tiles
                    WHERE level = 0 AND tile = $1::bigint - 1
                   UNION ALL SELECT '0'::xid8, 0 WHERE $1::bigint = 0) AS before,
                  LATERAL (SELECT * FROM events e
                            WHERE (e.transaction_id, e.global_position)
                                > (before.transaction_id, before.global_position)
                            ORDER BY e.transaction_id, e.global_position
                            OFFSET $2 LIMIT 1) AS e"#,
        i64::try_from(index / WIDTH).unwrap_or(i64::MAX),
        i64::try_from(index % WIDTH).unwrap_or_default()
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| Ok(leaf_from!(row, index))).transpose()
}
