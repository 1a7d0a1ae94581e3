//! Figures that take long to add up, kept for as long as no row behind them changes. The distinct buyers
//! of any range cannot be kept as sums: whoever bought twice counts once.

use crate::state::AppState;
use chrono::{DateTime, Utc};
use moka::sync::Cache;
use projections::sales::{self, Customers, Range};
use sqlx::PgPool;

/// What the figures are of.
const BEHIND: [&str; 1] = ["sales"];
/// Ranges at most, some hundred bytes each.
const RANGES: u64 = 1_000;

type Key = (DateTime<Utc>, DateTime<Utc>);

/// The figures that a process keeps. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KeptFigures(Option<Cache<Key, (u64, Customers)>>);

impl KeptFigures {
    /// Keeps nothing unless queries see at once what is projected.
    pub fn new(reads_primary: bool) -> Self {
        Self(reads_primary.then(|| Cache::new(RANGES)))
    }
}

/// The customers of a range, and of all time.
pub(super) async fn customers(
    state: &AppState,
    db: &PgPool,
    range: &Range,
) -> Result<Customers, sqlx::Error> {
    // Asked before the rows are read: what changes meanwhile makes it another number.
    let revision = state.books.revision(&BEHIND);
    let (Some(kept), Some(revision)) = (&state.figures.0, revision) else {
        return sales::customers(db, range).await;
    };
    let key = (range.from, range.to);
    if let Some((_, customers)) = kept.get(&key).filter(|(made_of, _)| *made_of == revision) {
        return Ok(customers);
    }
    let customers = sales::customers(db, range).await?;
    kept.insert(key, (revision, customers.clone()));
    Ok(customers)
}
