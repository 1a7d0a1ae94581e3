//! Buying, from the search to the refund, and all that can go wrong on the way.

mod expiry;
mod payments;
mod races;
mod refunds;
mod tour;

use crate::support::app::TestApp;
use serde_json::json;

/// Brings a confirmed order to its buyer.
async fn deliver(app: &TestApp, order: &str) {
    for status in ["processing", "shipped", "delivered"] {
        let path = format!("/orders/{order}/status");
        app.admin().await.put(&path, json!({ "status": status })).await.expect(200);
    }
}

/// What the payment provider has kept of all that it was asked for, as its books say.
async fn kept_by_provider(app: &TestApp) -> String {
    let pool = app.pool().await;
    let kept = sqlx::query_scalar(
        "SELECT ((SELECT coalesce(sum(amount), 0) FROM demo_provider.charges WHERE declined IS NULL)
               - (SELECT coalesce(sum(amount), 0) FROM demo_provider.refunds))::numeric(14,2)::text",
    );
    let kept = kept.fetch_one(&pool).await.unwrap();
    pool.close().await;
    kept
}
