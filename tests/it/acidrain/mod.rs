//! The attacks of "ACIDRain: Concurrency-Related Attacks on Database-Backed Web Applications" (Warszawski
//! and Bailis, SIGMOD 2017): vouchers and gift cards that are used too often, stock that is sold twice,
//! carts that change during the checkout. Each with a thousand requests at once against one server (the
//! level of requests), and those that a database could let through against two servers over one
//! database (the level of statements). No answer may be a 5xx, and every number is exact.

mod carts;
mod money;
mod nodes;
mod value;

use std::future::IntoFuture as _;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::{Barrier, Mutex, MutexGuard};

use crate::support::app::{Setup, TestApp};
use crate::support::client::{Answer, Call, Client, order_body, text};

/// Requests that are under way at once.
const CROWD: usize = 1_000;

/// A server that has all the time in the world, as an overloaded machine needs it, and the right to be
/// the only one that is stormed until the second part is dropped.
async fn start() -> (TestApp, MutexGuard<'static, ()>) {
    static STORM: Mutex<()> = Mutex::const_new(());
    let turn = STORM.lock().await;
    (patient().start().await, turn)
}

fn patient() -> Setup {
    TestApp::setup().file(
        "[http]\nprojection_wait_ms = 120000\nrequest_timeout_s = 300\n\
         [database]\nacquire_timeout_s = 120\n",
    )
}

/// Sends all of them at the same moment, and returns their answers in the same order.
async fn at_once(calls: Vec<Call>) -> Vec<Answer> {
    let gate = Arc::new(Barrier::new(calls.len()));
    let sent = calls.into_iter().map(|call| {
        let gate = Arc::clone(&gate);
        tokio::spawn(async move {
            gate.wait().await;
            call.into_future().await
        })
    });
    let answers: Vec<Answer> = join_all(sent).await.into_iter().map(Result::unwrap).collect();
    for answer in &answers {
        assert!(answer.status < 500 && answer.status != 429, "{} {}", answer.status, answer.text);
    }
    answers
}

/// Customers whose connections are open already, so that nobody waits for the others to connect.
async fn crowd(app: &TestApp, size: usize) -> Vec<Client> {
    let crowd = app.crowd(size).await;
    at_once(crowd.iter().map(|one| one.get("/cart")).collect()).await;
    crowd
}

/// Orders `units` of a product, paid also with what `with` names.
fn order(buyer: &Client, product: &str, units: u32, with: &Value) -> Call {
    let mut body = order_body("card");
    body["items"] = json!([{ "product_id": product, "quantity": units }]);
    for (name, value) in with.as_object().unwrap() {
        body[name] = value.clone();
    }
    buyer.post("/orders", body)
}

/// A gift card of this amount; its code.
async fn card(app: &TestApp, amount: &str) -> String {
    let made = app.admin().await.post("/giftcards/create", json!({ "amount": amount })).await;
    text(&made.expect(201).body, "code")
}

async fn on_card(app: &TestApp, code: &str) -> (String, String) {
    let card = app.guest().get(&format!("/giftcards/{code}/balance")).await.expect(200).body;
    (text(&card, "balance"), text(&card, "held"))
}

async fn promo(app: &TestApp, code: &str, terms: Value) {
    let mut body = terms;
    body["code"] = json!(code);
    app.admin().await.post("/promos/create", body).await.expect(201);
}

/// Brings a paid order to its buyer.
async fn deliver(app: &TestApp, order: &str) {
    let admin = app.admin().await;
    for status in ["processing", "shipped", "delivered"] {
        let path = format!("/orders/{order}/status");
        admin.put(&path, json!({ "status": status })).await.expect(200);
    }
}

/// An order of one unit that was paid and delivered.
async fn delivered(app: &TestApp, buyer: &Client, product: &str) -> String {
    let order = buyer.order_items(&[(product, 1)]).await.expect(201).id();
    buyer.pay(&order, "tok_ok").await.expect(201);
    deliver(app, &order).await;
    order
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

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

/// Every answer but the successful ones refuses with this code.
#[track_caller]
fn others_refused(answers: Vec<Answer>, success: u16, status: u16, code: &str) {
    for answer in answers.into_iter().filter(|answer| answer.status != success) {
        answer.refused(status, code);
    }
}

fn minor(body: &Value, member: &str) -> i64 {
    text(body, member).replace('.', "").parse().unwrap()
}
