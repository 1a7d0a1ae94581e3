//! What administrators see of the whole store: `/admin`. What they do to accounts is in
//! `commands/accounts/admin.rs`.

mod dashboard;
mod lists;
mod operations;

pub(super) use lists::{ManagedProduct, Shown};

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(dashboard::show))
        .routes(routes!(dashboard::stats))
        .routes(routes!(lists::users))
        .routes(routes!(lists::orders))
        .routes(routes!(lists::products))
        .routes(routes!(operations::jobs))
        .routes(routes!(operations::projections))
}
