//! The readers' handle: where the read models of a group stand, and waiting until they have come far
//! enough.
//!
//! Works in every process. Where the projections run elsewhere, their position comes by LISTEN, and
//! by asking for it as long as somebody waits. Never writes.

use crate::notices::listen;
use crate::revisions::Revisions;
use crate::{Definition, Group};
use eventlog::Position;
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::{Notify, watch};

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
    group: Group,
    definitions: Vec<Definition>,
    revisions: Revisions,
    reached: watch::Sender<Position>,
    waiting: AtomicUsize,
    wanted: Notify,
    hurry: Notify,
}

impl ReadModels {
    /// `pool` answers the queries; it may belong to a replica. Must be called within a tokio
    /// runtime, where it starts a task that ends with the last clone.
    pub fn new(pool: PgPool, group: Group) -> Self {
        Self::of(pool, group, group.definitions())
    }

    /// The same for other projections than Ledgerline's own.
    pub fn of(pool: PgPool, group: Group, definitions: Vec<Definition>) -> Self {
        let inner = Arc::new(Inner {
            pool,
            group,
            revisions: Revisions::of(&definitions),
            definitions,
            reached: watch::Sender::new(Position::START),
            waiting: AtomicUsize::new(0),
            wanted: Notify::new(),
            hurry: Notify::new(),
        });
        tokio::spawn(poll(Arc::downgrade(&inner)));
        tokio::spawn(take_notices(Arc::downgrade(&inner)));
        Self { inner }
    }

    pub fn pool(&self) -> &PgPool {
        &self.inner.pool
    }

    /// A number that differs whenever a row of one of these read models may differ: what was made of
    /// them after it was asked for is right for as long as it stays. `None` where this process does
    /// not know, because another one projects.
    pub fn revision(&self, names: &[&str]) -> Option<u64> {
        self.inner.revisions.of_all(names)
    }

    pub(crate) fn revisions(&self) -> &Revisions {
        &self.inner.revisions
    }

    pub(crate) fn group(&self) -> Group {
        self.inner.group
    }

    pub(crate) fn definitions(&self) -> &[Definition] {
        &self.inner.definitions
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

    /// Waits until these read models show all that the `others` show by now, in whichever process
    /// that was projected. `false` after `timeout`.
    pub async fn level_with(&self, others: &Self, timeout: Duration) -> Result<bool, sqlx::Error> {
        let theirs = others.inner.ask().await?.unwrap_or_default();
        Ok(self.wait_for(theirs.max(others.reached()), timeout).await)
    }

    /// Returns as soon as somebody of this process waits. Now and then for nothing.
    pub(crate) async fn hurried(&self) {
        if self.inner.waiting.load(Ordering::Relaxed) == 0 {
            self.inner.hurry.notified().await;
        }
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
        let known = self.definitions.iter();
        let (names, versions): (Vec<String>, Vec<i32>) =
            known.map(|definition| (definition.name.to_owned(), definition.version)).unzip();
        let row = sqlx::query!(
            r#"SELECT c.transaction_id::text AS "tx!", c.global_position
                 FROM UNNEST($1::text[], $2::int[]) AS r(name, version)
                 JOIN checkpoints c ON c.name = r.name
                 JOIN projections p ON p.name = c.name AND p.generation = c.generation
                                   AND p.version = r.version AND p.status = 'live'
                ORDER BY c.transaction_id, c.global_position
                LIMIT 1"#,
            &names,
            &versions
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
        inner.hurry.notify_one();
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
    let Some(mut listener) = listener(&inner).await else { return };
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
async fn listener(inner: &Weak<Inner>) -> Option<PgListener> {
    let mut told = false;
    loop {
        let (pool, channel) = {
            let inner = inner.upgrade()?;
            (inner.pool.clone(), inner.group.channel())
        };
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
