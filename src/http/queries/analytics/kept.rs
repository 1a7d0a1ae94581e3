//! Figures that take long to add up, kept for as long as no row behind them changes. The distinct buyers
//! of any range cannot be kept as sums, because whoever bought twice counts once; nor can the order of
//! its products. Of thousands of sellers there are sums by the thousand.

use crate::state::AppState;
use aggregates::UserId;
use chrono::{DateTime, Utc};
use moka::sync::Cache;
use projections::sales::{self, Customers, Member, Product, ProductFilter, Range};
use sqlx::PgPool;
use std::hash::Hash;
use uuid::Uuid;

/// What the figures are of.
const BEHIND: [&str; 2] = ["sales", "catalogue"];
/// Answers of a kind at most: some hundred bytes each, and up to 30 KB for products.
const ANSWERS: u64 = 1_000;

/// With the number that differs once a row may have changed.
type Kept<K, V> = Cache<K, (u64, V)>;
type Days = (DateTime<Utc>, DateTime<Utc>);

/// The figures that a process keeps. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KeptFigures(Option<Caches>);

#[derive(Debug, Clone)]
struct Caches {
    customers: Kept<Days, Customers>,
    products: Kept<(Days, Option<Uuid>, u32), Vec<Product>>,
    members: Kept<(Days, &'static str, u32), Vec<Member>>,
}

impl KeptFigures {
    /// Keeps nothing unless queries see at once what is projected.
    pub fn new(reads_primary: bool) -> Self {
        let caches = || Caches {
            customers: Cache::new(ANSWERS),
            products: Cache::new(ANSWERS),
            members: Cache::new(ANSWERS),
        };
        Self(reads_primary.then(caches))
    }
}

/// The customers of a range, and of all time.
pub(super) async fn customers(
    state: &AppState,
    db: &PgPool,
    range: &Range,
) -> Result<Customers, sqlx::Error> {
    let cache = state.figures.0.as_ref().map(|caches| &caches.customers);
    keep(state, cache, (range.from, range.to), sales::customers(db, range)).await
}

/// The products that sold best. Those of all time are not kept: they are in an index.
pub(super) async fn products(
    state: &AppState,
    db: &PgPool,
    filter: &ProductFilter,
) -> Result<Vec<Product>, sqlx::Error> {
    let Some(range) = &filter.range else { return sales::products(db, filter).await };
    let cache = state.figures.0.as_ref().map(|caches| &caches.products);
    let key = ((range.from, range.to), filter.seller_id.map(UserId::uuid), filter.limit);
    keep(state, cache, key, sales::products(db, filter)).await
}

/// The members of a dimension, the best first.
pub(super) async fn members(
    state: &AppState,
    db: &PgPool,
    dimension: &'static str,
    range: &Range,
    limit: u32,
) -> Result<Vec<Member>, sqlx::Error> {
    let cache = state.figures.0.as_ref().map(|caches| &caches.members);
    let key = ((range.from, range.to), dimension, limit);
    keep(state, cache, key, sales::by_member(db, dimension, range, limit)).await
}

async fn keep<K, V>(
    state: &AppState,
    cache: Option<&Kept<K, V>>,
    key: K,
    make: impl Future<Output = Result<V, sqlx::Error>>,
) -> Result<V, sqlx::Error>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    // Asked before the rows are read: what changes meanwhile makes it another number.
    let (Some(cache), Some(revision)) = (cache, revision(state)) else { return make.await };
    if let Some((_, figures)) = cache.get(&key).filter(|(made_of, _)| *made_of == revision) {
        return Ok(figures);
    }
    let figures = make.await?;
    cache.insert(key, (revision, figures.clone()));
    Ok(figures)
}

/// Names of products are those of the catalogue, which has a round of its own.
fn revision(state: &AppState) -> Option<u64> {
    let [sales, catalogue] = BEHIND;
    Some(state.books.revision(&[sales])? + state.read_models.revision(&[catalogue])?)
}
