//! Figures that take long to add up, kept for as long as no row behind them changes, and those that
//! took very long for some seconds more (ADR 0022). The distinct buyers of any range cannot be kept as
//! sums, because whoever bought twice counts once; nor can the order of its products. Of thousands of
//! sellers there are sums by the thousand.

use crate::state::AppState;
use aggregates::UserId;
use chrono::{DateTime, Utc};
use moka::sync::Cache;
use projections::sales::{self, Customers, Member, Product, ProductFilter, Range};
use sqlx::PgPool;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use uuid::Uuid;

/// What the figures are of.
const BEHIND: [&str; 2] = ["sales", "catalogue"];
/// Answers of a kind at most: some hundred bytes each, and up to 30 KB for products.
const ANSWERS: u64 = 1_000;
/// What takes longer to add up may be older than the last change.
const SLOW: Duration = Duration::from_millis(50);

type Kept<K, V> = Cache<K, Arc<Slot<V>>>;
type Days = (DateTime<Utc>, DateTime<Utc>);

/// The figures that a process keeps. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KeptFigures {
    /// How old figures may be that are slow to add up.
    slow_age: Duration,
    customers: Kept<Days, Customers>,
    products: Kept<(Days, Option<Uuid>, u32), Vec<Product>>,
    members: Kept<(Days, &'static str, u32), Vec<Member>>,
}

impl KeptFigures {
    pub fn new(slow_age: Duration) -> Self {
        Self {
            slow_age,
            customers: Cache::new(ANSWERS),
            products: Cache::new(ANSWERS),
            members: Cache::new(ANSWERS),
        }
    }
}

/// The customers of a range, and of all time.
pub(super) async fn customers(
    state: &AppState,
    db: &PgPool,
    range: &Range,
) -> Result<Customers, sqlx::Error> {
    let key = (range.from, range.to);
    keep(state, &state.figures.customers, key, || sales::customers(db, range)).await
}

/// The products that sold best. Those of all time are not kept: they are in an index.
pub(super) async fn products(
    state: &AppState,
    db: &PgPool,
    filter: &ProductFilter,
) -> Result<Vec<Product>, sqlx::Error> {
    let Some(range) = &filter.range else { return sales::products(db, filter).await };
    let key = ((range.from, range.to), filter.seller_id.map(UserId::uuid), filter.limit);
    keep(state, &state.figures.products, key, || sales::products(db, filter)).await
}

/// The members of a dimension, the best first.
pub(super) async fn members(
    state: &AppState,
    db: &PgPool,
    dimension: &'static str,
    range: &Range,
    limit: u32,
) -> Result<Vec<Member>, sqlx::Error> {
    let key = ((range.from, range.to), dimension, limit);
    let add_up = || sales::by_member(db, dimension, range, limit);
    keep(state, &state.figures.members, key, add_up).await
}

async fn keep<K, V, F>(
    state: &AppState,
    kept: &Kept<K, V>,
    key: K,
    add_up: impl Fn() -> F,
) -> Result<V, sqlx::Error>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    F: Future<Output = Result<V, sqlx::Error>>,
{
    let slot = kept.get_with(key, Arc::default);
    slot.take(state.figures.slow_age, || revision(state), add_up).await
}

/// A number that differs once a row may have changed; `None` where that is not known. Names of products
/// are those of the catalogue, which has a round of its own.
fn revision(state: &AppState) -> Option<u64> {
    if state.config.database_read_url.is_some() {
        return None;
    }
    let [sales, catalogue] = BEHIND;
    Some(state.books.revision(&[sales])? + state.read_models.revision(&[catalogue])?)
}

/// Figures of one kind and range.
#[derive(Debug)]
struct Slot<V> {
    latest: RwLock<Option<Made<V>>>,
    /// Held by whoever adds them up, so that those who want the same wait, and do not add up too.
    making: Mutex<()>,
}

impl<V> Default for Slot<V> {
    fn default() -> Self {
        Self { latest: RwLock::new(None), making: Mutex::new(()) }
    }
}

#[derive(Debug, Clone)]
struct Made<V> {
    figures: V,
    revision: Option<u64>,
    /// When the rows began to be read, and how long that took.
    at: Instant,
    took: Duration,
}

impl<V> Made<V> {
    fn is_current(&self, revision: Option<u64>) -> bool {
        revision.is_some() && self.revision == revision
    }

    fn is_slow_and_younger_than(&self, age: Duration) -> bool {
        self.took >= SLOW && self.at.elapsed() < age
    }
}

impl<V: Clone> Slot<V> {
    /// The figures as they are, or, where they are slow, as they were at most `slow_age` ago. From half
    /// of that on one of those who ask adds them up anew, and nobody else waits for it.
    async fn take<F>(
        &self,
        slow_age: Duration,
        revision: impl Fn() -> Option<u64>,
        add_up: impl Fn() -> F,
    ) -> Result<V, sqlx::Error>
    where
        F: Future<Output = Result<V, sqlx::Error>>,
    {
        let asked = Instant::now();
        let _making = match self.usable(slow_age, revision()) {
            Some(made) if made.is_current(revision()) => return Ok(made.figures),
            Some(made) if made.is_slow_and_younger_than(slow_age / 2) => return Ok(made.figures),
            Some(made) => match self.making.try_lock() {
                Ok(making) => making,
                Err(_) => return Ok(made.figures),
            },
            None => {
                let making = self.making.lock().await;
                let since_asked = self.latest().filter(|made| made.at >= asked);
                if let Some(made) = since_asked.or_else(|| self.usable(slow_age, revision())) {
                    return Ok(made.figures);
                }
                making
            }
        };
        // Asked before the rows are read: what changes meanwhile makes it another number.
        let (revision, at) = (revision(), Instant::now());
        let figures = add_up().await?;
        let made = Made { figures: figures.clone(), revision, at, took: at.elapsed() };
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = Some(made);
        Ok(figures)
    }

    fn usable(&self, slow_age: Duration, revision: Option<u64>) -> Option<Made<V>> {
        self.latest()
            .filter(|made| made.is_current(revision) || made.is_slow_and_younger_than(slow_age))
    }

    fn latest(&self) -> Option<Made<V>> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::sync::atomic::{AtomicU64, Ordering};

    const AGE: Duration = Duration::from_hours(1);

    /// Counts how often it is added up: the figures are that number.
    #[derive(Default)]
    struct Rows {
        revision: AtomicU64,
        reads: AtomicU64,
        takes: Duration,
        slot: Slot<u64>,
    }

    impl Rows {
        async fn ask(&self, age: Duration) -> u64 {
            let add_up = || async {
                let read = self.reads.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::time::sleep(self.takes).await;
                Ok(read)
            };
            let revision = || Some(self.revision.load(Ordering::SeqCst));
            self.slot.take(age, revision, add_up).await.unwrap()
        }

        fn change(&self) {
            self.revision.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn figures_are_kept_until_a_row_changes() {
        let rows = Rows::default();
        assert_eq!((rows.ask(AGE).await, rows.ask(AGE).await), (1, 1));
        rows.change();
        assert_eq!(rows.ask(AGE).await, 2);
    }

    #[tokio::test]
    async fn slow_figures_outlive_a_change_for_a_while() {
        let rows = Rows { takes: SLOW, ..Rows::default() };
        assert_eq!(rows.ask(AGE).await, 1);
        rows.change();
        assert_eq!(rows.ask(AGE).await, 1);
        assert_eq!(rows.ask(Duration::ZERO).await, 2);
    }

    #[tokio::test]
    async fn slow_figures_are_added_up_once_for_all_who_wait() {
        let rows = Rows { takes: SLOW, ..Rows::default() };
        let asked = join_all((0..16).map(|_| rows.ask(AGE))).await;
        assert_eq!(asked, [1; 16]);
    }

    #[tokio::test]
    async fn without_knowing_of_changes_quick_figures_are_added_up_each_time() {
        let slot = Slot::default();
        for read in 1..=2 {
            let figures = slot.take(AGE, || None, || async { Ok(read) }).await.unwrap();
            assert_eq!(figures, read);
        }
    }

    #[tokio::test]
    async fn whoever_waits_takes_what_was_begun_after_they_asked() {
        let (slot, reads) = (Slot::default(), AtomicU64::new(0));
        let add_up = || async {
            tokio::time::sleep(SLOW / 10).await;
            Ok(reads.fetch_add(1, Ordering::SeqCst))
        };
        join_all((0..16).map(|_| slot.take(Duration::ZERO, || None, add_up))).await;
        // The second one asked while the first was at it already; all others before the second began.
        assert_eq!(reads.into_inner(), 2);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let slot = Slot::default();
        let failed = slot.take(AGE, || Some(1), || async { Err(sqlx::Error::PoolClosed) }).await;
        assert!(failed.is_err());
        assert_eq!(slot.take(AGE, || Some(1), || async { Ok(7) }).await.unwrap(), 7);
    }
}
