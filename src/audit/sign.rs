//! Signing tree heads, so that an auditor who keeps one can prove later that nothing under it changed.
//! Never signs twice for one history and a second one: a head that does not go on from the last
//! signed one is refused.

use super::checkpoint::{self, CheckpointError};
use super::store::{self, SignedCheckpoint};
use crate::state::AppState;
use eventlog::leases;
use eventlog::tree::{self, Prover, TreeError};
use std::time::Duration;
use uuid::Uuid;

/// How often the feed is sealed with a tree head.
const SEAL_EVERY: Duration = Duration::from_secs(1);
/// A head is signed at every so many seals: the signed head is at most 5 s behind.
const SEALS_PER_SIGNATURE: u32 = 3;
/// Who has it seals and signs.
const LEASE: &str = "tree";

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    #[error("this process has no key for tree heads: its role is another one")]
    NoKey,
    #[error(
        "the tree does not contain the checkpoint of {size} events that was signed: the log was \
         rewritten, and is not signed; `ledgerline verify --checkpoint` says more"
    )]
    Forked { size: u64 },
    #[error("the signed checkpoint of {size} events in the database was altered")]
    Altered { size: u64, source: CheckpointError },
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error("the database is not available")]
    Unavailable(#[from] sqlx::Error),
}

/// Seals what the feed shows, and signs the head if it has grown since. Returns the newest signed
/// checkpoint; `None` where there are no events.
pub async fn sign_head(state: &AppState) -> Result<Option<SignedCheckpoint>, SignError> {
    tree::seal(&state.pool).await?;
    sign_sealed(state).await
}

async fn sign_sealed(state: &AppState) -> Result<Option<SignedCheckpoint>, SignError> {
    let signer = state.audit_signer.as_ref().ok_or(SignError::NoKey)?;
    let vkey = signer.verifier().to_string();
    let mut prover = Prover::new(&state.pool).await?;
    if let Some(last) = store::latest(&state.pool).await? {
        let size = last.head.size;
        if last.vkey == vkey {
            let head = checkpoint::open(&last.note, signer.verifier());
            let head = head.map_err(|source| SignError::Altered { size, source })?;
            if head != last.head {
                return Err(SignError::Forked { size });
            }
        } else {
            tracing::info!(before = last.vkey, now = vkey, "another key signs the tree heads now");
        }
        if size > prover.sealed() || prover.head(size).await? != last.head {
            return Err(SignError::Forked { size });
        }
        if last.vkey == vkey && size == prover.sealed() {
            return Ok(Some(last));
        }
    }
    if prover.sealed() == 0 {
        return Ok(None);
    }
    let head = prover.head(prover.sealed()).await?;
    let stored = tree::latest(&state.pool).await?.map(|latest| latest.head);
    // The tiles and the heads were written together; a difference was made by somebody else.
    if stored.is_some_and(|stored| stored.size == head.size && stored.root != head.root) {
        return Err(SignError::Forked { size: head.size });
    }
    eventlog::fault!("sign.before");
    store::add(&state.pool, &head, &checkpoint::sign(signer, &head), &vkey).await?;
    eventlog::fault!("sign.stored");
    Ok(store::latest(&state.pool).await?)
}

/// Seals the feed every second and signs the head every few, in one process at a time, until it is
/// dropped.
pub async fn keep_signed(state: AppState, holder: Uuid) {
    let mut ticks = tokio::time::interval(SEAL_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for tick in 0_u32.. {
        ticks.tick().await;
        let signing = tick.is_multiple_of(SEALS_PER_SIGNATURE);
        if let Err(error) = once(&state, holder, signing).await {
            match error {
                SignError::Unavailable(_) | SignError::Tree(TreeError::Unavailable(_)) => {
                    tracing::warn!(%error, "the feed could not be sealed; trying again");
                }
                _ => tracing::error!(%error, "the tree head is not signed"),
            }
        }
    }
}

async fn once(state: &AppState, holder: Uuid, signing: bool) -> Result<(), SignError> {
    if !leases::acquire(&state.pool, LEASE, holder, SEAL_EVERY * 5).await? {
        return Ok(());
    }
    tree::seal(&state.pool).await?;
    if signing {
        sign_sealed(state).await?;
    }
    Ok(())
}
