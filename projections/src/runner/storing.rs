//! The transactions in which this process stores rows. They append nothing, so no reader of the feed
//! needs to wait for their end; without this, the books would hold up the shop, and the shop the books.

use sqlx::PgConnection;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared by the runners of a process.
#[derive(Debug, Clone, Default)]
pub(super) struct Storing(Arc<Mutex<HashSet<u64>>>);

/// As long as it lives, the transaction is known.
pub(super) struct Known {
    storing: Storing,
    transaction: u64,
}

impl Storing {
    /// Makes the transaction of this connection known.
    pub async fn begin(&self, db: &mut PgConnection) -> Result<Known, sqlx::Error> {
        let id = sqlx::query_scalar!(r#"SELECT pg_current_xact_id()::text AS "id!""#)
            .fetch_one(db)
            .await?;
        let transaction = id.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        self.lock().insert(transaction);
        Ok(Known { storing: self.clone(), transaction })
    }

    /// Those that are under way.
    pub fn transactions(&self) -> Vec<u64> {
        self.lock().iter().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<u64>> {
        // Each change is one step: the set is whole even after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        self.storing.lock().remove(&self.transaction);
    }
}
