//! The requests that change nothing, one file per resource. Never touches the log, but for
//! `audit`, whose purpose that is.

mod accounts;
mod admin;
mod albums;
mod analytics;
mod artists;
mod audit;
mod cart;
mod gift_cards;
mod images;
mod loyalty;
mod order_events;
mod orders;
mod payments;
mod products;
mod promos;
mod reviews;
mod seller;
mod webhooks;
mod wishlist;

pub use analytics::KeptFigures;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;

/// All of them, without the prefix.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(accounts::router())
        .merge(albums::router())
        .merge(artists::router())
        .merge(admin::router())
        .merge(analytics::router())
        .merge(seller::router())
        .merge(audit::router())
        .merge(images::router())
        .merge(products::router())
        .merge(payments::router())
        .merge(orders::router())
        .merge(cart::router())
        .merge(gift_cards::router())
        .merge(loyalty::router())
        .merge(promos::router())
        .merge(reviews::router())
        .merge(webhooks::router())
        .merge(wishlist::router())
}
