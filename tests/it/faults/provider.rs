//! A payment provider that hangs, fails, answers too late or twice, over the real checkout: the money
//! is taken once, given back once, and nobody else waits for it.

mod odd;

use std::sync::Arc;
use std::time::{Duration, Instant};

use aggregates::order::{Actor, PaymentMethod};
use aggregates::{OrderId, Payment, PaymentId};
use eventlog::Metadata;
use ledgerline::checkout::{Checkout, Payer, process};
use ledgerline::clock::ManualClock;
use ledgerline::gift_cards::GiftCards;
use ledgerline::payments::{Charge, Patient};
use odd::{Mood, Odd};
use projections::Runner;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::app::{TestApp, any_id, now};
use crate::support::client::Client;
use crate::support::wait::eventually;

const PATIENCE: Duration = Duration::from_millis(300);
/// After which the provider is asked what became of a payment.
const ASKED_AFTER: Duration = Duration::from_secs(6);

/// A server whose checkout talks to an odd provider.
struct Shop {
    commands: TestApp,
    queries: TestApp,
    clock: Arc<ManualClock>,
    checkout: Checkout,
    odd: Arc<Odd>,
    stop: CancellationToken,
    product: String,
}

impl Shop {
    async fn open() -> Self {
        let clock = Arc::new(ManualClock::at(now()));
        let role = |role| TestApp::setup().with(&["--role", role]).clock(Arc::clone(&clock));
        // Neither has a checkout process of its own, with a provider of its own.
        let commands = role("commands").start().await;
        let queries = commands.start_another(role("queries")).await;
        let (state, odd) = (&commands.server.state, Arc::new(Odd::default()));
        let provider = Arc::new(Patient::with_limit(Arc::clone(&odd) as _, PATIENCE));
        let checkout = Checkout { provider: Arc::clone(&provider) as _, ..Checkout::of(state) };
        let cards = GiftCards { provider, ..GiftCards::of(state) };
        let stop = CancellationToken::new();
        for read_models in [&state.read_models, &state.books] {
            let runner = Runner::new(state.pool.clone(), read_models.clone(), any_id());
            tokio::spawn(runner.run(stop.clone().cancelled_owned()));
        }
        let (pool, read_models) = (state.pool.clone(), state.read_models.clone());
        let finishing = process::run(checkout.clone(), cards, pool, read_models, stop.clone());
        tokio::spawn(finishing);
        let product = commands.product("100.00", 100).await;
        Self { commands, queries, clock, checkout, odd, stop, product }
    }

    async fn order(&self) -> (Client, OrderId) {
        let buyer = self.commands.customer().await;
        let order = buyer.order_items(&[(&self.product, 1)]).await.expect(201).id();
        (buyer, order.parse().unwrap())
    }

    /// How the server pays, as `POST /payments` does.
    async fn pay(&self, buyer: &Client, order: OrderId) {
        let payer = Payer {
            by: Actor::Customer(buyer.id.into()),
            method: PaymentMethod::Card,
            card_token: None,
        };
        let metadata = Metadata::new("test", any_id(), "pay");
        let begun = Instant::now();
        self.checkout.pay(metadata, order, payer, None, |_| ()).await.unwrap();
        assert!(begun.elapsed() < PATIENCE * 10, "the buyer is told in time");
    }

    async fn when(&self, buyer: &Client, order: OrderId, status: &str, payment: &str) {
        let reader = buyer.at(&self.queries.base);
        eventually(&format!("an order that is {status} and {payment}"), async || {
            let order = reader.order_now(&order.to_string()).await;
            (order["status"] == status && order["payment_status"] == payment).then_some(())
        })
        .await;
    }

    async fn close(self) {
        let Self { commands, queries, stop, .. } = self;
        commands.prove().await;
        stop.cancel();
        queries.stop().await;
        commands.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_took_the_money_and_hangs_has_taken_it_once() {
    let shop = Shop::open().await;
    for mood in [Mood::TakesAndHangs, Mood::TakesAndFails, Mood::AnswersLate(PATIENCE * 2)] {
        let (buyer, order) = shop.order().await;
        shop.odd.is_in(mood);
        shop.pay(&buyer, order).await;
        shop.when(&buyer, order, "pending", "processing").await;
        let before = shop.odd.taken();
        shop.odd.is_in(Mood::Well);
        shop.clock.advance(ASKED_AFTER);
        shop.when(&buyer, order, "confirmed", "completed").await;
        assert_eq!(shop.odd.taken(), before, "{mood:?}");
    }
    assert_eq!(shop.odd.taken(), "4800.00");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_never_heard_of_a_payment_refuses_it_for_good_and_another_one_passes() {
    let shop = Shop::open().await;
    for mood in [Mood::Hangs, Mood::Fails] {
        let (buyer, order) = shop.order().await;
        shop.odd.is_in(mood);
        shop.pay(&buyer, order).await;
        shop.when(&buyer, order, "pending", "processing").await;
        shop.odd.is_in(Mood::Well);
        shop.clock.advance(ASKED_AFTER);
        shop.when(&buyer, order, "pending", "failed").await;
        shop.pay(&buyer, order).await;
        shop.when(&buyer, order, "confirmed", "completed").await;
    }
    assert_eq!(shop.odd.taken(), "3200.00");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_payment_of_which_the_provider_says_nothing() {
    let shop = Shop::open().await;
    let (silent, never) = shop.order().await;
    shop.odd.is_in(Mood::Hangs);
    shop.pay(&silent, never).await;
    // From here on it is only silent about that one.
    shop.odd.hangs_on_what_it_does_not_know();
    let (buyer, order) = shop.order().await;
    shop.odd.is_in(Mood::TakesAndHangs);
    shop.pay(&buyer, order).await;
    shop.odd.is_in(Mood::Well);
    shop.clock.advance(ASKED_AFTER);
    shop.when(&buyer, order, "confirmed", "completed").await;
    shop.when(&silent, never, "pending", "processing").await;
    assert_eq!(shop.odd.taken(), "1600.00");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_comes_twice_counts_once() {
    let shop = Shop::open().await;
    let (buyer, order) = shop.order().await;
    shop.pay(&buyer, order).await;
    shop.when(&buyer, order, "confirmed", "completed").await;
    let log = &shop.commands.server.state.log;
    let (state, version) = log.peek::<aggregates::Order>(&order.to_string()).await.unwrap();
    let payment: PaymentId = state.details().unwrap().payment_id;
    let paid = log.peek::<Payment>(&payment.to_string()).await.unwrap();
    let transaction_id = paid.0.details().unwrap().transaction_id.clone().unwrap();
    for _ in 0..3 {
        let charge = Some(Charge::Captured { transaction_id: transaction_id.clone() });
        let metadata = Metadata::new("test", any_id(), "the provider again");
        shop.checkout.settle(metadata, order, payment, charge, None, |_| ()).await.unwrap();
    }
    let (_, after) = log.peek::<aggregates::Order>(&order.to_string()).await.unwrap();
    let (_, paid_after) = log.peek::<Payment>(&payment.to_string()).await.unwrap();
    assert_eq!((after, paid_after), (version, paid.1), "nothing was recorded again");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_goes_back_once_however_often_the_provider_is_asked() {
    let shop = Shop::open().await;
    for mood in [Mood::TakesAndHangs, Mood::TakesAndFails, Mood::Hangs, Mood::Fails] {
        let (buyer, order) = shop.order().await;
        shop.pay(&buyer, order).await;
        shop.when(&buyer, order, "confirmed", "completed").await;
        shop.odd.is_in(mood);
        let asked = shop.odd.asked_back();
        buyer.put(&format!("/orders/{order}/cancel"), json!({})).await.expect(200);
        eventually("that it was asked", async || (shop.odd.asked_back() > asked).then_some(()))
            .await;
        shop.odd.is_in(Mood::Well);
        shop.when(&buyer, order, "refunded", "refunded").await;
        assert!(shop.odd.asked_back() >= asked + 2, "{mood:?}");
    }
    assert_eq!((shop.odd.taken(), shop.odd.given_back()), ("6400.00".into(), "6400.00".into()));
    shop.close().await;
}
