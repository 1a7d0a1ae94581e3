//! One stream: its chain, and that each of its events is a leaf under the newest tree head.

use super::{VerifyError, chains};
use crate::tree::{Head, Prover, leaves_of_stream, verify_inclusion};
use sqlx::PgPool;

/// Leaves looked up at once.
const PAGE: i64 = 500;

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamReport {
    pub events: u64,
    /// Those that are leaves of the tree. The others are so new that they are not sealed yet.
    pub sealed: u64,
    pub head: Head,
}

/// How many events a stream has, by its last sequence.
pub async fn length(
    pool: &PgPool,
    (aggregate_type, aggregate_id): (&str, &str),
) -> Result<u64, sqlx::Error> {
    let last = sqlx::query_scalar!(
        r#"SELECT COALESCE(max(sequence), 0) AS "last!" FROM events
            WHERE aggregate_type = $1 AND aggregate_id = $2"#,
        aggregate_type,
        aggregate_id
    );
    Ok(u64::try_from(last.fetch_one(pool).await?).unwrap_or_default())
}

/// Follows the chain of a stream and proves each of its events to be in the tree of the prover.
pub async fn stream(
    pool: &PgPool,
    (aggregate_type, aggregate_id): (&str, &str),
    prover: &mut Prover,
) -> Result<StreamReport, VerifyError> {
    let name = (aggregate_type, aggregate_id);
    let head = prover.head(prover.sealed()).await?;
    let chain = chains(pool, Some(name), |_| {}).await?;
    let mut report = StreamReport { events: chain.events, sealed: 0, head };
    let mut after = 0;
    loop {
        let leaves = leaves_of_stream(pool, name, after, PAGE).await?;
        let Some(last) = leaves.last() else { return Ok(report) };
        after = last.sequence;
        for leaf in leaves.iter().filter(|leaf| leaf.index < head.size) {
            let proof = prover.inclusion(leaf.index, head.size).await?;
            verify_inclusion(&leaf.hash, leaf.index, &proof, &head).map_err(|error| {
                VerifyError::NotInTree {
                    stream: format!("{aggregate_type}/{aggregate_id}"),
                    sequence: leaf.sequence,
                    leaf: leaf.index,
                    problem: error.to_string(),
                }
            })?;
            report.sealed += 1;
        }
    }
}
