//! The requests that change something, one file per resource. Never reads a projection to decide.

mod accounts;
mod albums;
mod artists;
pub(crate) mod bulk;
mod cart;
mod gift_cards;
mod images;
mod loyalty;
mod orders;
mod payments;
mod products;
mod promos;
mod reviews;
mod webhooks;
mod wishlist;

pub(in crate::http) use webhooks::visible_to as visible_webhooks;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;

/// All of them, without the prefix.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(accounts::router())
        .merge(albums::router())
        .merge(artists::router())
        .merge(images::router())
        .merge(bulk::router())
        .merge(products::router())
        .merge(promos::router())
        .merge(reviews::router())
        .merge(webhooks::router())
        .merge(wishlist::router())
        .merge(gift_cards::router())
        .merge(loyalty::router())
        .merge(payments::router())
        .merge(orders::router())
        .merge(cart::router())
}
