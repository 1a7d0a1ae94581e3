//! For auditors: `/audit`. The one place where queries read the log, because the log is what they
//! are about.

mod checkpoints;
mod ledger;
mod proofs;
mod replay;
mod streams;
mod trace;
mod verify;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(checkpoints::router())
        .merge(ledger::router())
        .merge(proofs::router())
        .merge(replay::router())
        .merge(streams::router())
        .merge(trace::router())
        .merge(verify::router())
}
