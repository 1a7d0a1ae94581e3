//! Random sequences of commands over HTTP against a shop of plain numbers (`shop.rs`), which predicts
//! each answer: its status, its code and its sums. A sequence that the two do not agree about is
//! shortened before it is shown. `PROPTEST_CASES` sets the number of sequences: 128 of them are some
//! three thousand commands.

mod shop;
mod step;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use serde_json::{Value, json};
use shop::{DISCOUNT, Said, Shop, USES, money};
use step::{Share, Step, With, step};

use crate::panels::agreement;
use crate::support::app::TestApp;
use crate::support::client::{Answer, Call, Client, order_body, text};

const PRICES: [i64; 2] = [33_333, 89_999];
const STOCK: [i64; 2] = [7, 9];
const ON_CARD: i64 = 250_001;

/// The real shop, as far as one sequence uses it.
struct Server<'a> {
    app: &'a TestApp,
    admin: Client,
    buyers: [Client; 2],
    /// One for each product.
    sellers: [Client; 2],
    /// The second one is an album.
    products: [String; 2],
    spare: String,
    card: String,
    promo: String,
    /// Ids and buyers.
    orders: Vec<(String, usize)>,
    /// Ids by authors and products.
    reviews: BTreeMap<(usize, usize), String>,
}

impl<'a> Server<'a> {
    async fn new(app: &'a TestApp) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let promo = format!("CASE{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let (admin, one, other, buyer, another) =
            tokio::join!(app.admin(), app.seller(), app.seller(), app.customer(), app.customer());
        let stock = u32::try_from(STOCK[0]).unwrap();
        let price = money(PRICES[0]);
        let (_, card, lamp, album, spare) = tokio::join!(
            async { admin.post("/promos/create", terms(&promo, false)).await.expect(201) },
            async {
                let card = admin.post("/giftcards/create", json!({ "amount": money(ON_CARD) }));
                text(&card.await.expect(201).body, "code")
            },
            app.product_of(&one, "Lamp", &price, stock),
            album(&other),
            app.product_of(&one, "Spare", "1.00", 1)
        );
        Self {
            app,
            admin,
            buyers: [buyer, another],
            sellers: [one, other],
            products: [lamp, album],
            spare,
            card,
            promo,
            orders: Vec::new(),
            reviews: BTreeMap::new(),
        }
    }

    /// The order of a step; the model has made sure that there is one.
    fn order(&self, number: usize) -> (&str, &Client) {
        let (id, buyer) = &self.orders[number % self.orders.len()];
        (id, &self.buyers[*buyer])
    }

    fn item(&self, buyer: usize, product: usize, units: i64, cash: bool, with: With) -> Call {
        let mut body = order_body(method(cash));
        body["items"] = json!([{ "product_id": self.products[product], "quantity": units }]);
        if with.promo {
            body["promo_code"] = json!(self.promo);
        }
        if with.card {
            body["gift_card_code"] = json!(self.card);
        }
        if let Some(points) = with.points {
            body["points"] = json!(points);
        }
        self.buyers[buyer].post("/orders", body)
    }

    fn call(&self, step: &Step) -> Call {
        let line = |product: usize| format!("/cart/items/{}", self.products[product]);
        match step.clone() {
            Step::Add { buyer, product, units } => {
                let body = json!({ "product_id": self.products[product], "quantity": units });
                self.buyers[buyer].post("/cart/items", body)
            }
            Step::SetUnits { buyer, product, units } => {
                self.buyers[buyer].put(&line(product), json!({ "quantity": units }))
            }
            Step::TakeOut { buyer, product } => self.buyers[buyer].delete(&line(product)),
            Step::Empty { buyer } => self.buyers[buyer].delete("/cart"),
            Step::NotePromo { buyer, wanted: true } => {
                self.buyers[buyer].post("/promos/apply", json!({ "code": self.promo }))
            }
            Step::NotePromo { buyer, wanted: false } => self.buyers[buyer].delete("/cart/promo"),
            Step::NoteCard { buyer, amount: None } => self.buyers[buyer].delete("/cart/giftcard"),
            Step::NoteCard { buyer, amount: Some(amount) } => {
                let amount = match amount {
                    Share::All => Value::Null,
                    Share::Part(amount) => json!(amount),
                };
                let body = json!({ "code": self.card, "amount": amount });
                self.buyers[buyer].post("/giftcards/redeem", body)
            }
            Step::NotePoints { buyer, points: None } => self.buyers[buyer].delete("/cart/points"),
            Step::NotePoints { buyer, points: Some(points) } => {
                self.buyers[buyer].post("/loyalty/redeem", json!({ "points": points }))
            }
            Step::Order { buyer, cash } => self.buyers[buyer].order_by(method(cash)),
            Step::OrderItem { buyer, product, units, cash, with } => {
                self.item(buyer, product, units, cash, with)
            }
            Step::Pay { order, declined } => {
                let (order, buyer) = self.order(order);
                buyer.pay(order, if declined { "tok_declined" } else { "tok_ok" })
            }
            Step::Cancel { order } => {
                let (order, buyer) = self.order(order);
                buyer.put(&format!("/orders/{order}/cancel"), json!({}))
            }
            Step::Advance { order, to } => {
                let path = format!("/orders/{}/status", self.order(order).0);
                self.admin.put(&path, json!({ "status": to }))
            }
            Step::Refund { order, amount } => {
                let path = format!("/orders/{}/refund", self.order(order).0);
                self.admin.post(&path, json!({ "reason": "any", "amount": amount }))
            }
            Step::Redeem { order, amount } => {
                let (order, buyer) = self.order(order);
                let body = json!({ "code": self.card, "order_id": order, "amount": amount });
                buyer.post("/giftcards/redeem", body)
            }
            Step::Stock { product, units } => {
                let path = format!("/products/{}/stock", self.products[product]);
                self.admin.put(&path, json!({ "quantity": units }))
            }
            Step::Price { product, price } => {
                let path = format!("/products/{}", self.products[product]);
                self.admin.patch(&path, json!({ "price": price }))
            }
            Step::AdvancePart { order, product, to } => {
                let path = format!("/orders/{}/status", self.order(order).0);
                self.sellers[product].put(&path, json!({ "status": to }))
            }
            Step::Review { .. }
            | Step::EditReview { .. }
            | Step::Moderate { .. }
            | Step::DeleteReview { .. }
            | Step::Wish { .. } => self.community(step),
            Step::Pause { paused } => {
                self.admin.put(&format!("/promos/{}", self.promo), terms(&self.promo, paused))
            }
            Step::BuyCard { buyer, amount } => {
                let body = json!({ "amount": amount, "card_token": "tok_ok" });
                self.buyers[buyer].post("/giftcards/create", body)
            }
            Step::Archive => self.sellers[0].delete(&format!("/products/{}", self.spare)),
        }
    }

    fn community(&self, step: &Step) -> Call {
        let review = |buyer, product| format!("/reviews/{}", self.reviews[&(buyer, product)]);
        match *step {
            Step::Review { buyer, product, rating } => {
                let body = json!({ "product_id": self.products[product], "rating": rating });
                self.buyers[buyer].post("/reviews", body)
            }
            Step::EditReview { buyer, product, rating } => {
                self.buyers[buyer].put(&review(buyer, product), json!({ "rating": rating }))
            }
            Step::Moderate { buyer, product, publish } => {
                let status = if publish { "published" } else { "rejected" };
                let path = format!("{}/moderate", review(buyer, product));
                self.admin.put(&path, json!({ "status": status }))
            }
            Step::DeleteReview { buyer, product } => {
                self.buyers[buyer].delete(&review(buyer, product))
            }
            Step::Wish { buyer, product, wanted: true } => {
                let body = json!({ "product_id": self.products[product] });
                self.buyers[buyer].post("/wishlist/items", body)
            }
            Step::Wish { buyer, product, wanted: false } => {
                self.buyers[buyer].delete(&format!("/wishlist/items/{}", self.products[product]))
            }
            _ => unreachable!("{step:?} is no step of the community"),
        }
    }

    /// Does the step, and compares the answer with what the model said.
    async fn agrees(&mut self, step: &Step, said: &Said) -> Result<(), String> {
        let answer = self.call(step).await;
        let placed = matches!(step, Step::Order { .. } | Step::OrderItem { .. });
        if placed && answer.status == 201 {
            let (Step::Order { buyer, .. } | Step::OrderItem { buyer, .. }) = step else {
                unreachable!("only these place an order")
            };
            self.orders.push((answer.id(), *buyer));
        }
        if let (Step::Review { buyer, product, .. }, 201) = (step, answer.status) {
            self.reviews.insert((*buyer, *product), answer.id());
        }
        same(said, &answer).map_err(|why| format!("{step:?}: {why}"))
    }

    /// Compares what the read models show at the end.
    async fn shows(&self, shop: &Shop) -> Result<(), String> {
        let mut wrong = String::new();
        let mut compare = |what: String, expected: &Value, found: &Value| {
            if let Err(why) = contains(expected, found) {
                let _ = writeln!(wrong, "{what}: {why}");
            }
        };
        for (at, (id, product)) in self.products.iter().zip(&shop.products).enumerate() {
            let expected = json!({ "quantity": product.available, "price": money(product.price) });
            let found = self.admin.get(&format!("/products/{id}")).await;
            compare(format!("product {id}"), &expected, &found.body);
            compare(format!("rating of {id}"), &shop.rated(at), &found.body);
        }
        let expected = json!({ "balance": money(shop.on_card), "held": money(shop.held_of_card) });
        let card = self.app.guest().get(&format!("/giftcards/{}/balance", self.card)).await;
        compare("the card".to_owned(), &expected, &card.body);
        for (at, (client, buyer)) in self.buyers.iter().zip(&shop.buyers).enumerate() {
            let expected = json!({ "points": buyer.points, "pending_points": buyer.pending,
                                   "held_points": buyer.held, "owed": buyer.owed });
            let points = client.get("/loyalty/status").await;
            compare(format!("points of {at}"), &expected, &points.body);
            let wishes = client.get("/wishlist").await.body["items"].as_array().map(Vec::len);
            let expected = json!({ "items": buyer.wishes.len() });
            compare(format!("wishes of {at}"), &expected, &json!({ "items": wishes }));
            let lines = client.get("/cart").await;
            compare(format!("cart of {at}"), &shop.shown_cart(at), &lines.body);
        }
        for ((id, buyer), order) in self.orders.iter().zip(&shop.orders) {
            let found = self.buyers[*buyer].order_now(id).await;
            compare(format!("order {id}"), &order.shown(), &found);
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

async fn album(seller: &Client) -> String {
    let artist = seller.post("/artists", json!({ "name": "Roza" })).await.expect(201).id();
    let album = json!({ "artist_id": artist, "title": "Alatau", "genre": "folk",
                        "price": money(PRICES[1]), "quantity": STOCK[1] });
    seller.post("/albums", album).await.expect(201).id()
}

/// Of the promotion; where it is paused, it begins when all of this is over.
fn terms(promo: &str, paused: bool) -> Value {
    let starts_at = paused.then_some("2999-01-01T00:00:00Z");
    json!({ "code": promo, "kind": "fixed", "value": money(DISCOUNT), "usage_limit": USES,
            "starts_at": starts_at })
}

fn method(cash: bool) -> &'static str {
    if cash { "cash_on_delivery" } else { "card" }
}

fn same(said: &Said, answer: &Answer) -> Result<(), String> {
    let found = || format!("but the answer was {} {}", answer.status, answer.text);
    match said {
        Said::Ok(status, body) if *status == answer.status => contains(body, &answer.body),
        Said::Refused(status, codes) if *status == answer.status => {
            let code = answer.body["code"].as_str().unwrap_or_default();
            if codes.contains(&code) { Ok(()) } else { Err(format!("{codes:?}, {}", found())) }
        }
        said => Err(format!("{said:?}, {}", found())),
    }
}

/// Every member that is expected is there and the same.
fn contains(expected: &Value, found: &Value) -> Result<(), String> {
    let members = expected.as_object().unwrap().iter();
    let other = members.filter(|(name, value)| found[name.as_str()] != **value);
    let other: Vec<_> = other
        .map(|(name, value)| format!("{name} must be {value} and is {}", found[name.as_str()]))
        .collect();
    if other.is_empty() { Ok(()) } else { Err(format!("{} in {found}", other.join(", "))) }
}

async fn agree(app: &TestApp, steps: &[Step]) -> Result<(), String> {
    let (mut server, mut shop) = (Server::new(app).await, Shop::new(PRICES, STOCK, ON_CARD));
    for step in steps {
        if let Some(said) = shop.step(step) {
            server.agrees(step, &said).await?;
        }
    }
    server.shows(&shop).await
}

#[test]
fn whatever_is_commanded_the_server_does_what_a_shop_of_plain_numbers_does() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::start());
    let mut config =
        Config { failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 128;
    }
    let steps = prop::collection::vec(step(), 1..=45);
    let agreed = TestRunner::new(config)
        .run(&steps, |steps| runtime.block_on(agree(&app, &steps)).map_err(TestCaseError::fail));
    match agreed {
        // What the read models show after all of them is also what the log says, and what they are when
        // they are made anew.
        Ok(()) => runtime.block_on(async {
            let now = app.server.state.clock.now();
            let day = |days| (now + TimeDelta::days(days)).date_naive().to_string();
            agreement::check(&app, (&day(-2), &day(2))).await;
            app.finish().await;
        }),
        Err(TestError::Fail(why, steps)) => panic!("{why}\nafter {steps:#?}"),
        Err(aborted) => panic!("{aborted}"),
    }
}

#[tokio::test]
async fn a_cancelled_order_earns_nothing_though_only_a_card_paid_of_it() {
    let app = TestApp::start().await;
    let with = With { card: true, ..With::default() };
    let order = Step::OrderItem { buyer: 0, product: 1, units: 3, cash: true, with };
    let agreed = agree(&app, &[order, Step::Cancel { order: 0 }]).await;
    assert_eq!(agreed, Ok(()));
    app.finish().await;
}
