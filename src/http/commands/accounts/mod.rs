//! Accounts: registering, logging in and out, the profile, erasure, and what administrators do.

mod admin;
mod answer;
mod erase;
mod login;
mod mailed;
mod profile;
mod register;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(login::login))
        .routes(routes!(login::token))
        .routes(routes!(login::refresh))
        .routes(routes!(login::logout))
        .routes(routes!(profile::replace))
        .routes(routes!(profile::patch))
        .routes(routes!(mailed::verify))
        .routes(routes!(mailed::forgot))
        .routes(routes!(mailed::reset))
        .routes(routes!(erase::erase))
        .routes(routes!(admin::change_role))
        .routes(routes!(admin::block))
        .routes(routes!(admin::unblock))
}
