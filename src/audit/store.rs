//! The signed checkpoints: rows are only ever added.

use chrono::{DateTime, Utc};
use eventlog::Hash;
use eventlog::tree::Head;
use sqlx::{PgExecutor, PgPool};

/// A tree head with a signature.
#[derive(Debug, Clone)]
pub struct SignedCheckpoint {
    pub head: Head,
    /// The signed note.
    pub note: String,
    /// The key that verifies it.
    pub vkey: String,
    pub signed_at: DateTime<Utc>,
}

struct Row {
    size: i64,
    root: Vec<u8>,
    note: String,
    vkey: String,
    signed_at: DateTime<Utc>,
}

impl From<Row> for SignedCheckpoint {
    fn from(row: Row) -> Self {
        Self {
            head: Head {
                size: u64::try_from(row.size).unwrap_or_default(),
                // The table checks the length.
                root: Hash::try_from(row.root).unwrap_or_default(),
            },
            note: row.note,
            vkey: row.vkey,
            signed_at: row.signed_at,
        }
    }
}

/// At most `limit` checkpoints of fewer events than `below`, the largest first.
pub async fn page(
    db: impl PgExecutor<'_>,
    below: Option<i64>,
    offset: i64,
    limit: i64,
) -> Result<Vec<SignedCheckpoint>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT size, root, note, vkey, signed_at FROM signed_checkpoints
          WHERE $1::bigint IS NULL OR size < $1
          ORDER BY size DESC, signed_at DESC OFFSET $2 LIMIT $3",
        below,
        offset,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(SignedCheckpoint::from).collect())
}

/// The newest one; `None` where nothing was signed yet.
pub async fn latest(db: impl PgExecutor<'_>) -> Result<Option<SignedCheckpoint>, sqlx::Error> {
    Ok(page(db, None, 0, 1).await?.pop())
}

/// Adds one. Of several processes with the same key that sign the same size, the first one's is kept:
/// they are the same.
pub(super) async fn add(
    db: impl PgExecutor<'_>,
    head: &Head,
    note: &str,
    vkey: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO signed_checkpoints (size, root, note, vkey) VALUES ($1, $2, $3, $4)
         ON CONFLICT (size, vkey) DO NOTHING",
        i64::try_from(head.size).unwrap_or(i64::MAX),
        &head.root[..],
        note,
        vkey
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The smallest signed size whose root is not that of the stored tree head of the same size.
pub async fn disagreement(pool: &PgPool) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT s.size FROM signed_checkpoints s LEFT JOIN tree_heads h USING (size)
          WHERE h.root IS DISTINCT FROM s.root ORDER BY s.size LIMIT 1"
    )
    .fetch_optional(pool)
    .await
}
