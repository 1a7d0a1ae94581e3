//! Histories of many clients at once, checked against sequential models: stock, cards, points and
//! orders behave as if commands came one after another, and who has an answer sees what it says.
//!
//! Each run draws a new seed; a failure names it. `LEDGERLINE_HISTORY_SEED` repeats the plan of a run
//! (not its timing), `LEDGERLINE_HISTORY_SECONDS` makes each test run longer than its 6 seconds.

mod checker;
mod clients;
mod judged;
mod models;
mod recorder;
mod scheduler;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aggregates::account::Role;
use clients::{Session, World};
use futures_util::future::join_all;
use ledgerline::clock::SystemClock;
use ledgerline::entropy::Entropy;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use recorder::{Object, Recorder};
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::client::{Client, text};

/// In minor units.
const ON_CARD: i64 = 600_000;
const STOCK: i64 = 12;
const POINTS: i64 = 60;
/// Customers of a round, sessions of each, and what each session does.
const BUYERS: usize = 2;
const SESSIONS: usize = 4;
const STEPS: usize = 30;

fn from_environment(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is no number: {value}")))
}

/// The seed of a run.
fn seed() -> u64 {
    let drawn = || u64::from_be_bytes(Entropy::new(Arc::new(SystemClock)).bytes());
    from_environment("LEDGERLINE_HISTORY_SEED").unwrap_or_else(drawn)
}

fn long_enough() -> Duration {
    Duration::from_secs(from_environment("LEDGERLINE_HISTORY_SECONDS").unwrap_or(6))
}

/// A customer with points to spend: of an order that earned them.
async fn buyer_with_points(app: &TestApp, goods: &str) -> Client {
    let (buyer, admin) = (app.customer().await, app.admin().await);
    let order = buyer.order_items(&[(goods, 1)]).await.expect(201).id();
    buyer.pay(&order, "tok_ok").await.expect(201);
    for status in ["processing", "shipped", "delivered"] {
        let path = format!("/orders/{order}/status");
        admin.put(&path, json!({ "status": status })).await.expect(200);
    }
    buyer
}

/// A new world, and sessions of all customers on all servers.
async fn sessions(nodes: &[&TestApp]) -> (Arc<World>, Vec<Session>) {
    let app = nodes[0];
    let admin = app.admin().await;
    let made = admin.post("/giftcards/create", json!({ "amount": "6000.00" })).await.expect(201);
    let world = Arc::new(World {
        recorder: Recorder::default(),
        product: app.product("300.00", u32::try_from(STOCK).unwrap()).await,
        card: text(&made.body, "code"),
        orders: Mutex::default(),
    });
    let goods = app.product("6000.00", 100).await;
    world.recorder.begin_pot(Object::Stock(world.product.clone()), STOCK);
    world.recorder.begin_pot(Object::Card(world.card.clone()), ON_CARD);
    let mut sessions = Vec::new();
    for _ in 0..BUYERS {
        let buyer = buyer_with_points(app, &goods).await;
        world.recorder.begin_pot(Object::Points(buyer.id.to_string()), POINTS);
        for number in 0..SESSIONS {
            let node = &nodes[number % nodes.len()].base;
            sessions.push(Session {
                number: sessions.len(),
                world: Arc::clone(&world),
                buyer: buyer.at(node),
                admin: admin.at(node),
            });
        }
    }
    (world, sessions)
}

/// Round after round, until the time is over.
async fn judge(nodes: &[&TestApp]) {
    let (seed, begun) = (seed(), Instant::now());
    let mut random = StdRng::seed_from_u64(seed);
    let (mut rounds, mut judged) = (0, 0);
    while rounds == 0 || begun.elapsed() < long_enough() {
        let (world, sessions) = sessions(nodes).await;
        join_all(sessions.into_iter().map(|session| {
            let seed = random.random();
            session.wander(seed, STEPS)
        }))
        .await;
        match world.recorder.judge() {
            Ok(calls) => judged += calls,
            Err(why) => panic!("round {rounds} of LEDGERLINE_HISTORY_SEED={seed}: {why}"),
        }
        rounds += 1;
    }
    println!("{rounds} rounds, {judged} calls on {} servers are linearizable", nodes.len());
    assert!(judged > 100 * rounds, "{judged} calls in {rounds} rounds say too little");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_clients_of_one_server_see_is_linearizable() {
    let app = TestApp::start().await;
    judge(&[&app]).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_clients_of_two_servers_over_one_database_see_is_linearizable() {
    let app = TestApp::start().await;
    let other = app.start_another(TestApp::setup()).await;
    judge(&[&app, &other]).await;
    other.stop().await;
    app.finish().await;
}

#[tokio::test]
async fn a_customer_of_these_tests_has_the_points_that_they_think() {
    let app = TestApp::start().await;
    let goods = app.product("6000.00", 1).await;
    let buyer = buyer_with_points(&app, &goods).await;
    let status = buyer.get("/loyalty/status").await.expect(200).body;
    assert_eq!(status["points"], POINTS);
    assert_eq!(app.user(Role::Customer).await.get("/loyalty/status").await.body["points"], 0);
    app.finish().await;
}
