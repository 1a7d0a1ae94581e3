//! The readers' handle: where the read models stand, and waiting until they have come far enough.
//!
//! Works in every process. Where the projections run elsewhere, their position comes by LISTEN, and
//! by asking for it as long as somebody waits. Never writes.

use crate::notices::listen;
use crate::{Definition, all};
use eventlog::Position;
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// Carries the position that the read models reached.
pub(crate) const PROJECTED: &str = "ledgerline_projected";
/// How often the position is asked for while somebody waits.
const POLL: Duration = Duration::from_millis(10);
const RECONNECT: Duration = Duration::from_secs(1);

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct ReadModels {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pool: PgPool,
    names: Vec<String>,
    versions: Vec<i32>,
    reached: watch::Sender<Position>,
    waiting: AtomicUsize,
    wanted: Notify,
}

impl ReadModels {
    /// `pool` answers the queries; it may belong to a replica. Must be called within a tokio
    /// runtime, where it starts a task that ends with the last clone.
    pub fn new(pool: PgPool) -> Self {
        Self::of(pool, &all())
    }

    /// The same for other projections than Ledgerline's own.
    pub fn of(pool: PgPool, definitions: &[Definition]) -> Self {
        let inner = Arc::new(Inner {
            pool,
            names: definitions.iter().map(|definition| definition.name.to_owned()).collect(),
            versions: definitions.iter().map(|definition| definition.version).collect(),
            reached: watch::Sender::new(Position::START),
            waiting: AtomicUsize::new(0),
            wanted: Notify::new(),
        });
        tokio::spawn(poll(Arc::downgrade(&inner)));
        tokio::spawn(take_notices(Arc::downgrade(&inner)));
        Self { inner }
    }

    pub fn pool(&self) -> &PgPool {
        &self.inner.pool
    }

    /// The least position of all read models that are live, as far as this process knows.
    pub fn reached(&self) -> Position {
        *self.inner.reached.borrow()
    }

    /// Changes whenever the read models come further.
    pub fn watch(&self) -> watch::Receiver<Position> {
        self.inner.reached.subscribe()
    }

    /// Waits until the read models show everything up to `position`. `false` after `timeout`.
    pub async fn wait_for(&self, position: Position, timeout: Duration) -> bool {
        let mut reached = self.inner.reached.subscribe();
        if *reached.borrow() >= position {
            return true;
        }
        let _waiting = Waiting::new(&self.inner);
        let wait = reached.wait_for(|reached| *reached >= position);
        matches!(tokio::time::timeout(timeout, wait).await, Ok(Ok(_)))
    }

    /// Only ever forward.
    pub(crate) fn publish(&self, position: Position) {
        self.inner.publish(position);
    }
}

impl Inner {
    fn publish(&self, position: Position) {
        self.reached.send_if_modified(|reached| {
            let further = position > *reached;
            if further {
                *reached = position;
            }
            further
        });
    }

    async fn ask(&self) -> Result<Option<Position>, sqlx::Error> {
        let row = sqlx::query!(
            r#"SELECT c.transaction_id::text AS "tx!", c.global_position
                 FROM UNNEST($1::text[], $2::int[]) AS r(name, version)
                 JOIN checkpoints c ON c.name = r.name
                 JOIN projections p ON p.name = c.name AND p.generation = c.generation
                                   AND p.version = r.version AND p.status = 'live'
                ORDER BY c.transaction_id, c.global_position
                LIMIT 1"#,
            &self.names,
            &self.versions
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| Position::from_stored(&row.tx, row.global_position)).transpose()
    }
}

/// Counts who waits, so that nobody asks the database for nothing.
struct Waiting<'i>(&'i Inner);

impl<'i> Waiting<'i> {
    fn new(inner: &'i Inner) -> Self {
        inner.waiting.fetch_add(1, Ordering::Relaxed);
        inner.wanted.notify_one();
        Self(inner)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Asks for the position while somebody waits. The pause comes first: where the projections run in
/// this process, it is rarely over before they have published.
async fn poll(inner: Weak<Inner>) {
    loop {
        let Some(strong) = inner.upgrade() else { return };
        if strong.waiting.load(Ordering::Relaxed) == 0 {
            // Time-limited, to notice that the last handle is gone.
            drop(tokio::time::timeout(RECONNECT, strong.wanted.notified()).await);
            continue;
        }
        drop(strong);
        tokio::time::sleep(POLL).await;
        let Some(strong) = inner.upgrade() else { return };
        match strong.ask().await {
            Ok(Some(position)) => strong.publish(position),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot ask for the position of the read models");
                tokio::time::sleep(RECONNECT).await;
            }
        }
    }
}

/// Takes the position from the process that projects. Only a hint: a replica cannot listen.
async fn take_notices(inner: Weak<Inner>) {
    let Some(mut listener) = listener(&inner, PROJECTED).await else { return };
    while inner.strong_count() > 0 {
        match tokio::time::timeout(RECONNECT, listener.recv()).await {
            Ok(Ok(notice)) => {
                if let (Some(inner), Ok(position)) = (inner.upgrade(), notice.payload().parse()) {
                    inner.publish(position);
                }
            }
            Ok(Err(_)) => tokio::time::sleep(RECONNECT).await,
            Err(_) => {}
        }
    }
}

/// Listens on a connection of its own; tries until it can or the handle is gone.
async fn listener(inner: &Weak<Inner>, channel: &str) -> Option<PgListener> {
    let mut told = false;
    loop {
        let pool = inner.upgrade()?.pool.clone();
        match listen(&pool, channel).await {
            Ok(listener) => return Some(listener),
            Err(error) if !told => {
                tracing::info!(%error, channel, "cannot listen (yet); polling instead");
                told = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(RECONNECT * 10).await;
    }
}
