//! What belongs to somebody else: named by its real id, it is refused or does not exist, and stays as
//! it is.

use aggregates::account::Role;
use serde_json::json;
use sqlx::PgPool;

use super::owner::Owner;
use super::report::{Expected, Report, refused};
use super::request::{Request, expects};
use super::route::{Route, routes};
use crate::support::app::TestApp;
use crate::support::client::Client;
use crate::webhooks::receiver::Receiver;

/// What a stranger of the right role is told who names what is not theirs. `None` where nothing of
/// somebody's can be named.
fn refusal(route: &Route) -> Option<Expected> {
    Some(match route.operation().as_str() {
        "GET /orders/{}"
        | "GET /orders/{}/events"
        | "PUT /orders/{}/cancel"
        | "POST /payments"
        | "GET /payments/order/{}"
        | "POST /giftcards/redeem" => refused(404, "order_not_found"),
        "PUT /orders/{}/status" | "PATCH /orders/{}" | "POST /orders/{}/refund" => {
            refused(403, "step_not_allowed")
        }
        "GET /orders/user/{}" => refused(403, "not_yours"),
        "GET /payments/{}" => refused(404, "payment_not_found"),
        "PUT /cart/{}" | "PUT /cart/items/{}" | "DELETE /cart/{}" | "DELETE /cart/items/{}" => {
            refused(404, "cart_item_not_found")
        }
        "PUT /products/{}"
        | "PATCH /products/{}"
        | "DELETE /products/{}"
        | "PUT /products/{}/stock"
        | "POST /products/{}/images"
        | "PUT /albums/{}"
        | "DELETE /albums/{}"
        | "PUT /artists/{}"
        | "DELETE /artists/{}" => refused(403, "not_owner"),
        "GET /seller/products/{}/stock-history" => refused(404, "product_not_found"),
        "POST /reviews" => refused(403, "not_a_buyer"),
        "PUT /reviews/{}" | "DELETE /reviews/{}" => refused(403, "not_author"),
        "GET /wishlist/items/{}" | "DELETE /wishlist/items/{}" => {
            refused(404, "wishlist_item_not_found")
        }
        operation if operation.contains("/webhooks/{}") => refused(404, "webhook_not_found"),
        operation => {
            let is_open = route.parameters() == 0 || route.is_of_all();
            assert!(is_open, "what is {operation} with what is somebody else's?");
            return None;
        }
    })
}

/// How many events somebody caused.
async fn caused(pool: &PgPool, by: &Client) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM events WHERE metadata ->> 'actor' = $1")
        .bind(by.id.to_string())
        .fetch_one(pool)
        .await
        .unwrap()
}

pub async fn walk(app: &TestApp, receiver: &Receiver) -> Report {
    let mut report = Report::default();
    let customer = Owner::new(app, receiver, Some(Role::Customer)).await;
    let seller = Owner::new(app, receiver, Some(Role::Seller)).await;
    let pool = app.pool().await;
    for route in routes() {
        let owner = if route.is_of_staff() { &seller } else { &customer };
        let expected = refusal(&route);
        let is_list = route.method == "GET" && !route.is_of_all();
        if expected.is_none() && !is_list {
            continue;
        }
        let request = request(owner, &route).await;
        let strangers = [Role::Customer, Role::Seller, Role::Auditor, Role::Analyst];
        for role in strangers.into_iter().filter(|role| route.admits(Some(*role))) {
            let stranger = app.user(role).await;
            let Some(expected) = &expected else {
                check_list(&mut report, (owner, &stranger), (&route, &request)).await;
                continue;
            };
            let what = format!("not of this {role}");
            report.ask(&what, &stranger, (&route, &request), expected).await;
            let caused = caused(&pool, &stranger).await;
            if caused > 0 {
                report.note(&what, &route, &request, &format!("{caused} events"));
            }
        }
        check_kept(&mut report, owner, (&route, &request)).await;
    }
    pool.close().await;
    report
}

/// With the id of somebody's order where there is a place for one.
async fn request(owner: &Owner<'_>, route: &Route) -> Request {
    if route.operation() == "POST /giftcards/redeem" {
        let (code, order) = (owner.new_card().await, owner.pending().await);
        return expects(200).json(json!({ "code": code, "order_id": order }));
    }
    owner.request(route).await
}

/// After all strangers it is there, as it was: the owner's own request does what it should.
async fn check_kept(report: &mut Report, owner: &Owner<'_>, (route, request): (&Route, &Request)) {
    let expected = Expected(request.status, None);
    report.ask("still of its owner", &owner.user, (route, request), &expected).await;
}

/// What is the stranger's own shows nothing of the owner's.
async fn check_list(
    report: &mut Report,
    (owner, stranger): (&Owner<'_>, &Client),
    (route, request): (&Route, &Request),
) {
    let what = "lists of others";
    let Some(found) = report.ask(what, stranger, (route, request), &Expected(200, None)).await
    else {
        return;
    };
    for id in [&owner.buyer.id.to_string(), &owner.order, &owner.product] {
        if found.text.contains(id.as_str()) {
            report.note(what, route, request, &format!("shows {id}"));
        }
    }
}
