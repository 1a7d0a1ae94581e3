//! `kill -9` in the middle of everything: what was acknowledged is there, nothing is held for ever,
//! and every ledger agrees with the orders. Three times by default; `LEDGERLINE_TEST_KILLS=20` for a long run.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::join_all;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::support::app::PASSWORD;
use crate::support::client::{Client, text};
use crate::support::program::{Program, Serving};
use crate::support::wait::eventually;

const KILLS: u32 = 3;
const BUYERS: usize = 6;
const STOCK: i64 = 1_000_000;

/// What clients were told, and may rely on.
#[derive(Debug, Default)]
struct Told {
    placed: Mutex<BTreeSet<String>>,
    paid: Mutex<BTreeSet<String>>,
    cancelled: Mutex<BTreeSet<String>>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_order_is_lost_and_no_hold_left_when_the_server_is_killed() {
    let kills = std::env::var("LEDGERLINE_TEST_KILLS").ok();
    let kills = kills.map_or(KILLS, |kills| kills.parse().unwrap());
    let program = Program::new("[http]\nprojection_wait_ms = 10000\n");
    let arguments = ["--demo", "--admin-email", "root@example.com", "--admin-password", PASSWORD];
    let mut serving = program.serve(&arguments).await;
    let goods = goods(&serving).await;
    let told = Told::default();
    for round in 0..kills {
        let buyers = buyers(&serving, round).await;
        let shopping = join_all(buyers.iter().map(|buyer| shop(buyer, &goods, &told)));
        // Not the same moment each time: somewhere between the first and the later orders.
        let before = told.placed.lock().unwrap().len();
        let enough = before + 5 + 7 * round as usize;
        let killing = async {
            eventually("some orders", async || {
                (told.placed.lock().unwrap().len() >= enough).then_some(())
            })
            .await;
            serving.kill();
        };
        tokio::join!(shopping, killing);
        serving = program.serve(&arguments).await;
    }
    let admin = admin(&serving).await;
    check_orders(&admin, &told).await;
    check_holds(&program, &admin, &goods.product).await;
    check_card(&admin, &goods).await;
    assert!(program.succeed(&["verify", "--all"]).await.starts_with("intact: "));
    program.succeed(&["projections", "verify"]).await;
    assert_eq!(serving.terminate().await, Some(0));
}

async fn login(serving: &Serving, email: &str) -> Client {
    let body = json!({ "email": email, "password": PASSWORD });
    let login = serving.guest().post("/auth/login", body).await.expect(200).body;
    let id = text(&login["user"], "id").parse().unwrap();
    serving.guest().with_token(&text(&login, "access_token"), id)
}

async fn admin(serving: &Serving) -> Client {
    login(serving, "root@example.com").await
}

/// What is bought, and what it is paid with besides money.
struct Goods {
    product: String,
    code: String,
}

const CARD: &str = "900000.00";

async fn goods(serving: &Serving) -> Goods {
    let admin = admin(serving).await;
    let body = json!({ "name": "Lamp", "price": "10.00", "quantity": STOCK });
    let product = admin.post("/products", body).await.expect(201).id();
    let promo = json!({ "code": "KILL", "kind": "percent", "value": 10 });
    admin.post("/promos/create", promo).await.expect(201);
    let card = admin.post("/giftcards/create", json!({ "amount": CARD })).await.expect(201).body;
    Goods { product, code: text(&card, "code") }
}

async fn buyers(serving: &Serving, round: u32) -> Vec<Client> {
    join_all((0..BUYERS).map(async |number| {
        let email = format!("buyer{number}-{round}@example.com");
        let body = json!({ "email": email, "password": PASSWORD });
        serving.guest().post("/auth/register", body).await.expect(201);
        login(serving, &email).await
    }))
    .await
}

/// Orders, pays, cancels, until nobody answers.
async fn shop(buyer: &Client, goods: &Goods, told: &Told) {
    for number in 0_u32.. {
        let Some(order) = placed(buyer, goods, number).await else { return };
        told.placed.lock().unwrap().insert(order.clone());
        let token = ["tok_ok", "tok_timeout", "tok_declined", "tok_ok"][number as usize % 4];
        let Some(paid) = buyer.pay(&order, token).attempt().await else { return };
        if paid.expect(201).body["status"] == "completed" {
            told.paid.lock().unwrap().insert(order.clone());
        }
        if number % 4 == 3 {
            let cancelling = buyer.put(&format!("/orders/{order}/cancel"), json!({}));
            let Some(done) = cancelling.attempt().await else { return };
            done.expect(200);
            told.cancelled.lock().unwrap().insert(order);
        }
    }
}

async fn placed(buyer: &Client, goods: &Goods, number: u32) -> Option<String> {
    let product = goods.product.as_str();
    let call = if number.is_multiple_of(2) {
        let body = json!({ "product_id": product, "quantity": 2 });
        buyer.post("/cart/items", body).attempt().await?.expect(201);
        let card = json!({ "code": goods.code, "amount": "5.00" });
        buyer.post("/giftcards/redeem", card).attempt().await?.expect(200);
        buyer.post("/promos/apply", json!({ "code": "KILL" })).attempt().await?.expect(200);
        buyer.order()
    } else {
        buyer.order_items(&[(product, 2)])
    };
    Some(call.attempt().await?.expect(201).id())
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
    let far_away = crate::support::app::now() + Duration::from_hours(1);
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
