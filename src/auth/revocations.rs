//! Which access tokens are void before they expire: those of accounts that were blocked, erased or
//! given another role or password, and of logins that were ended. Kept in memory, so that checking
//! costs nothing; never the only check of a login, which asks the log.

use super::{Claims, Sessions};
use crate::clock::Clock;
use aggregates::UserId;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Told by whoever ends logins or blocks accounts; the others then look at once.
const CHANNEL: &str = "ledgerline_accounts";
/// How long another process's block may go unnoticed where the notification is lost.
const INTERVAL: Duration = Duration::from_secs(1);

/// The memory of a process, fed by its own handlers and, from the database, by the others'.
#[derive(Debug)]
pub struct Revocations {
    /// What is older than that has expired by itself.
    horizon: TimeDelta,
    void: RwLock<Void>,
}

#[derive(Debug, Default)]
struct Void {
    /// Tokens issued up to that moment are void.
    accounts: HashMap<UserId, DateTime<Utc>>,
    sessions: HashMap<Uuid, DateTime<Utc>>,
}

impl Revocations {
    /// `lifetime` is that of an access token.
    pub fn new(lifetime: TimeDelta) -> Self {
        // A minute more, for clocks that differ.
        Self { horizon: lifetime + TimeDelta::minutes(1), void: RwLock::default() }
    }

    /// Whether the token's account and login still stand.
    pub fn allow(&self, claims: &Claims) -> bool {
        let void = self.read();
        let voided = void.accounts.get(&UserId::new(claims.sub));
        let outlived = voided.is_none_or(|until| claims.iat_us > until.timestamp_micros());
        outlived && !void.sessions.contains_key(&claims.sid)
    }

    /// Voids all tokens of an account that were issued up to `until`.
    pub fn void_account(&self, id: UserId, until: DateTime<Utc>) {
        let mut void = self.write();
        let entry = void.accounts.entry(id).or_insert(until);
        *entry = until.max(*entry);
    }

    /// Voids all tokens of a login.
    pub fn void_session(&self, session_id: Uuid, at: DateTime<Utc>) {
        self.write().sessions.insert(session_id, at);
    }

    /// Takes over what the database says, and forgets what has expired by itself.
    pub async fn refresh(
        &self,
        pool: &PgPool,
        sessions: &Sessions,
        now: DateTime<Utc>,
    ) -> Result<(), sqlx::Error> {
        let since = now - self.horizon;
        for account in projections::accounts::revocations(pool, since).await? {
            if let Some(until) = account.valid_after {
                self.void_account(account.id, until);
            }
        }
        for (session_id, at) in sessions.revoked_since(since).await? {
            self.void_session(session_id, at);
        }
        let mut void = self.write();
        void.accounts.retain(|_, until| *until >= since);
        void.sessions.retain(|_, at| *at >= since);
        Ok(())
    }

    /// Follows the other processes until told to stop.
    pub async fn follow(
        self: Arc<Self>,
        pool: PgPool,
        sessions: Sessions,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) {
        let mut listener = None;
        loop {
            if listener.is_none() {
                listener = listen(&pool).await;
            }
            let hint = async {
                match &mut listener {
                    // `None` means that the connection was lost: it is opened again, and looking
                    // at once shows what was missed.
                    Some(listener) => match listener.try_recv().await {
                        Ok(Some(_)) => true,
                        Ok(None) | Err(_) => false,
                    },
                    None => std::future::pending().await,
                }
            };
            let connected = tokio::select! {
                () = stop.cancelled() => return,
                connected = hint => connected,
                () = tokio::time::sleep(INTERVAL) => true,
            };
            if !connected {
                listener = None;
                // A database that is down is not asked in a tight loop.
                tokio::time::sleep(INTERVAL).await;
            }
            if let Err(error) = self.refresh(&pool, &sessions, clock.now()).await {
                tracing::warn!(%error, "cannot see which tokens other processes have voided");
            }
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Void> {
        // Each change is one insertion: the map is whole even after a panic.
        self.void.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Void> {
        self.void.write().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn listen(pool: &PgPool) -> Option<PgListener> {
    let mut listener = PgListener::connect_with(pool).await.ok()?;
    listener.listen(CHANNEL).await.ok()?;
    Some(listener)
}

/// Tells the other processes to look. A lost notification costs them a second.
pub async fn announce(pool: &PgPool) {
    let told = sqlx::query!("SELECT pg_notify($1, '')", CHANNEL).fetch_one(pool).await;
    if let Err(error) = told {
        tracing::warn!(%error, "cannot tell the other processes that tokens were voided");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aggregates::account::Role;

    fn claims(user: u128, session: u128, issued: DateTime<Utc>) -> Claims {
        Claims {
            sub: Uuid::from_u128(user),
            role: Role::Customer,
            sid: Uuid::from_u128(session),
            iat: issued.timestamp(),
            exp: issued.timestamp() + 900,
            iss: String::new(),
            aud: String::new(),
            iat_us: issued.timestamp_micros(),
        }
    }

    #[test]
    fn a_block_voids_what_was_issued_before_and_nothing_after() {
        let revocations = Revocations::new(TimeDelta::minutes(15));
        let blocked = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        revocations.void_account(UserId::new(Uuid::from_u128(1)), blocked);
        assert!(!revocations.allow(&claims(1, 1, blocked - TimeDelta::seconds(1))));
        assert!(!revocations.allow(&claims(1, 1, blocked)));
        assert!(revocations.allow(&claims(1, 2, blocked + TimeDelta::microseconds(1))));
        assert!(revocations.allow(&claims(2, 3, blocked - TimeDelta::seconds(1))));
    }

    #[test]
    fn an_older_revocation_does_not_weaken_a_newer_one() {
        let revocations = Revocations::new(TimeDelta::minutes(15));
        let id = UserId::new(Uuid::from_u128(1));
        let newer = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        revocations.void_account(id, newer);
        revocations.void_account(id, newer - TimeDelta::minutes(1));
        assert!(!revocations.allow(&claims(1, 1, newer)));
    }

    #[test]
    fn a_logout_voids_one_login_of_the_account() {
        let revocations = Revocations::new(TimeDelta::minutes(15));
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        revocations.void_session(Uuid::from_u128(7), now);
        assert!(!revocations.allow(&claims(1, 7, now)));
        assert!(revocations.allow(&claims(1, 8, now)));
    }
}
