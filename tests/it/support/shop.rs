//! A shop under load, what its customers were told, and what therefore must be so, whatever happened
//! to the server meanwhile. Nobody here forgives a lost order.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::join_all;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::app::PASSWORD;
use super::client::{Answer, Call, Client, text};
use super::program::{Program, Serving};
use super::wait::eventually;

/// What the server is started with, so that there is somebody who may see all orders.
pub const ARGUMENTS: [&str; 4] =
    ["--admin-email", "root@example.com", "--admin-password", PASSWORD];
/// Commands answer when the read models show them, however busy the machine is.
pub const TOML: &str = "[http]\nprojection_wait_ms = 10000\n";
pub const STOCK: i64 = 1_000_000;
const CARD: &str = "900000.00";

/// Whether the long form of the fault tests is wanted.
pub fn long() -> bool {
    std::env::var("LEDGERLINE_FAULTS").is_ok_and(|form| form == "long")
}

/// What is bought, and what it is paid with besides money.
pub struct Goods {
    pub product: String,
    code: String,
}

/// What clients were told, and may rely on.
#[derive(Debug, Default)]
pub struct Told {
    placed: Mutex<BTreeSet<String>>,
    paid: Mutex<BTreeSet<String>>,
    cancelled: Mutex<BTreeSet<String>>,
}

impl Told {
    /// How many orders were acknowledged.
    pub fn placed(&self) -> usize {
        self.placed.lock().unwrap().len()
    }
}

pub async fn login(serving: &Serving, email: &str) -> Client {
    let body = json!({ "email": email, "password": PASSWORD });
    let login = serving.guest().post("/auth/login", body).await.expect(200).body;
    let id = text(&login["user"], "id").parse().unwrap();
    serving.guest().with_token(&text(&login, "access_token"), id)
}

pub async fn admin(serving: &Serving) -> Client {
    login(serving, "root@example.com").await
}

pub async fn goods(admin: &Client) -> Goods {
    let body = json!({ "name": "Lamp", "price": "10.00", "quantity": STOCK });
    let product = admin.post("/products", body).await.expect(201).id();
    let promo = json!({ "code": "KILL", "kind": "percent", "value": 10 });
    admin.post("/promos/create", promo).await.expect(201);
    let card = admin.post("/giftcards/create", json!({ "amount": CARD })).await.expect(201).body;
    Goods { product, code: text(&card, "code") }
}

/// New customers who are logged in. `name` tells them from others.
pub async fn buyers(serving: &Serving, name: &str, count: usize) -> Vec<Client> {
    join_all((0..count).map(async |number| {
        let email = format!("buyer{number}-{name}@example.com");
        let body = json!({ "email": email, "password": PASSWORD });
        serving.guest().post("/auth/register", body).await.expect(201);
        login(serving, &email).await
    }))
    .await
}

/// The answer, or `None` where nobody answers or the server says that it cannot at the moment.
async fn served(call: Call) -> Option<Answer> {
    call.attempt().await.filter(|answer| answer.status < 500)
}

/// Orders, pays, cancels, until nobody answers.
pub async fn shop(buyer: &Client, goods: &Goods, told: &Told) {
    for number in 0_u32.. {
        if shop_once(buyer, goods, told, number).await.is_none() {
            return;
        }
    }
}

/// One order and what becomes of it; `None` where the server did not answer on the way.
pub async fn shop_once(buyer: &Client, goods: &Goods, told: &Told, number: u32) -> Option<()> {
    let order = placed(buyer, goods, number).await?;
    told.placed.lock().unwrap().insert(order.clone());
    let token = ["tok_ok", "tok_timeout", "tok_declined", "tok_ok"][number as usize % 4];
    let paid = served(buyer.pay(&order, token)).await?;
    if paid.expect(201).body["status"] == "completed" {
        told.paid.lock().unwrap().insert(order.clone());
    }
    if number % 4 == 3 {
        served(buyer.put(&format!("/orders/{order}/cancel"), json!({}))).await?.expect(200);
        told.cancelled.lock().unwrap().insert(order);
    }
    Some(())
}

async fn placed(buyer: &Client, goods: &Goods, number: u32) -> Option<String> {
    let product = goods.product.as_str();
    let call = if number.is_multiple_of(2) {
        let body = json!({ "product_id": product, "quantity": 2 });
        served(buyer.post("/cart/items", body)).await?.expect(201);
        let card = json!({ "code": goods.code, "amount": "5.00" });
        served(buyer.post("/giftcards/redeem", card)).await?.expect(200);
        served(buyer.post("/promos/apply", json!({ "code": "KILL" }))).await?.expect(200);
        buyer.order()
    } else {
        buyer.order_items(&[(product, 2)])
    };
    Some(served(call).await?.expect(201).id())
}

/// All that must be so after the worst: nothing acknowledged is lost, nothing is held for ever, the
/// ledgers agree, the log is intact, and the read models are what it says.
pub async fn check(program: &Program, admin: &Client, goods: &Goods, told: &Told) {
    // A server that has just started shows what the last one was told a little later.
    catch_up(program).await;
    check_orders(admin, told).await;
    check_holds(program, admin, &goods.product).await;
    check_card(admin, goods).await;
    prove(program).await;
}

/// The log, its tree, the ledgers and the read models, as the program itself sees them.
pub async fn prove(program: &Program) {
    prove_log(program).await;
    program.succeed(&["projections", "verify"]).await;
}

/// The same without making the read models anew, which takes longest.
pub async fn prove_log(program: &Program) {
    catch_up(program).await;
    let pool = program.pool().await;
    check_books(&pool).await;
    pool.close().await;
    assert!(program.succeed(&["verify", "--all"]).await.starts_with("intact: "));
}

/// Waits until the read models show all of the log.
async fn catch_up(program: &Program) {
    let pool = program.pool().await;
    eventually("all projections at the head", async || {
        let all = projections::status(&pool).await.unwrap();
        for one in &all {
            assert_eq!(one.error, None, "the projection {} has failed", one.name);
        }
        all.iter().all(|one| one.lag_events == 0).then_some(())
    })
    .await;
    pool.close().await;
}

/// What the provider took is what the payments say, once each; and so is what it gave back.
pub async fn check_books(pool: &PgPool) {
    let mut wrong = Vec::new();
    for _ in 0..60 {
        wrong = differing_books(pool).await;
        if wrong.is_empty() {
            return;
        }
        // What was cut off is being finished.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("{wrong:#?}");
}

async fn differing_books(pool: &PgPool) -> Vec<String> {
    let differing = sqlx::query_scalar(
        "WITH ours AS (
            SELECT p.id, p.status, (d.value ->> 'amount')::numeric AS amount,
                   (d.value ->> 'refunded')::numeric AS refunded
              FROM read.payments p, jsonb_each(p.state) d
             WHERE d.value ->> 'method' <> 'cash_on_delivery'),
         theirs AS (
            SELECT payment_id AS id, amount,
                   (SELECT coalesce(sum(r.amount), 0) FROM demo_provider.refunds r
                     WHERE r.payment_id = c.payment_id) AS refunded
              FROM demo_provider.charges c WHERE declined IS NULL)
         SELECT format('%s is %s: %s less %s with us, %s less %s with the provider', id, status,
                       ours.amount, ours.refunded, theirs.amount, theirs.refunded)
           FROM ours FULL JOIN theirs USING (id)
          WHERE status IS NULL OR status = 'processing'
             OR status IN ('completed', 'refunded') AND ours.amount > 0
                AND (ours.amount, ours.refunded) IS DISTINCT FROM (theirs.amount, theirs.refunded)
             OR status IN ('pending', 'failed') AND theirs.amount IS NOT NULL",
    );
    differing.fetch_all(pool).await.unwrap()
}

/// Every order that was acknowledged is there, as far on as was said.
async fn check_orders(admin: &Client, told: &Told) {
    let (placed, paid) = (told.placed.lock().unwrap().clone(), told.paid.lock().unwrap().clone());
    let cancelled = told.cancelled.lock().unwrap().clone();
    assert!(!placed.is_empty() && !paid.is_empty());
    for id in &placed {
        let order = admin.order_now(id).await;
        let status = text(&order, "status");
        if cancelled.contains(id) {
            assert!(["cancelled", "refunded"].contains(&status.as_str()), "{order}");
        } else if paid.contains(id) {
            assert!(["confirmed", "cancelled", "refunded"].contains(&status.as_str()), "{order}");
            assert!(["completed", "refunded"].contains(&text(&order, "payment_status").as_str()));
        } else {
            assert!(["pending", "confirmed", "cancelled"].contains(&status.as_str()), "{order}");
        }
    }
}

/// What is not in stock was sold, or is held by an order that waits and will expire.
async fn check_holds(program: &Program, admin: &Client, product: &str) {
    // The provider is asked five seconds after a payment began.
    eventually("an outcome of every payment", async || {
        let open = all_orders(admin)
            .await
            .into_iter()
            .find(|order| order["payment_status"] == "processing");
        open.is_none().then_some(())
    })
    .await;
    let orders = all_orders(admin).await;
    let units = |status: &str| -> i64 {
        let those = orders.iter().filter(|order| order["status"] == status);
        those.map(|order| order["items"][0]["quantity"].as_i64().unwrap()).sum()
    };
    let shown = admin.get(&format!("/products/{product}")).await.expect(200).body;
    let left = shown["quantity"].as_i64().unwrap();
    assert_eq!(left, STOCK - units("confirmed") - units("pending"));

    let pool = program.pool().await;
    let far_away = super::app::now() + Duration::from_hours(1);
    let tasks = projections::checkout::due(&pool, far_away, &[], 100_000).await.unwrap();
    pool.close().await;
    let expiring: BTreeSet<String> = tasks
        .iter()
        .filter(|task| task.kind == projections::checkout::Kind::Expire)
        .map(|task| task.subject.to_string())
        .collect();
    let pending: BTreeSet<String> = orders
        .iter()
        .filter(|order| order["status"] == "pending")
        .map(|order| text(order, "id"))
        .collect();
    assert_eq!(expiring, pending);
}

/// What is not on the card is held by orders that wait, or was taken by those that are confirmed.
async fn check_card(admin: &Client, goods: &Goods) {
    let orders = all_orders(admin).await;
    let by = |status: &str| -> Decimal {
        let those = orders.iter().filter(|order| order["status"] == status);
        those.map(|order| text(order, "gift_card_amount").parse::<Decimal>().unwrap()).sum()
    };
    let path = format!("/giftcards/{}/balance", goods.code);
    let card = admin.get(&path).await.expect(200).body;
    let of = |member: &str| text(&card, member).parse::<Decimal>().unwrap();
    assert_eq!(of("held"), by("pending"));
    let taken = by("confirmed");
    assert!(taken > Decimal::ZERO, "the card paid of no order");
    assert_eq!(of("balance") + of("held") + taken, CARD.parse().unwrap());
}

async fn all_orders(admin: &Client) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/orders?limit=100&cursor={cursor}")).await.expect(200).body;
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return all,
        }
    }
}

/// The events that somebody has to be told of by mail.
pub async fn causes_of_mail(pool: &PgPool) -> BTreeSet<String> {
    let causes: Vec<String> = sqlx::query_scalar(
        "SELECT event_id::text FROM events
          WHERE (aggregate_type, event_type) IN (
                ('account', 'Registered'), ('order', 'Confirmed'), ('order', 'Cancelled'),
                ('order', 'Refunded'))",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    causes.into_iter().collect()
}
