//! What a seller sees of their own business: `/seller`. Whose it is comes from the token and from
//! nowhere else: no parameter names a seller.

mod analytics;
mod orders;
mod products;
mod stock;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(products::list))
        .routes(routes!(stock::history))
        .routes(routes!(orders::list))
        .routes(routes!(analytics::show))
}
