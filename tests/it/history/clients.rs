//! Clients that do random things with the same few objects, and write down what they were told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::models::{Order, OrderOp, PotOp};
use super::recorder::{Object, Recorder, Span};
use crate::support::client::{Answer, Call, Client, order_body, text};

/// What all clients of a round share.
#[derive(Debug)]
pub struct World {
    pub recorder: Recorder,
    pub product: String,
    pub card: String,
    pub orders: Mutex<Vec<Placed>>,
}

/// An order that somebody was told of.
#[derive(Debug, Clone)]
pub struct Placed {
    pub id: String,
    buyer: String,
    units: i64,
    total: i64,
    points: i64,
}

/// One session of a customer; staff shares the connection for what only staff may do.
#[derive(Debug)]
pub struct Session {
    pub number: usize,
    pub world: Arc<World>,
    pub buyer: Client,
    pub admin: Client,
}

/// Minor units.
fn money(body: &Value, member: &str) -> i64 {
    text(body, member).replace('.', "").parse().unwrap()
}

fn whole(body: &Value, member: &str) -> i64 {
    body[member].as_i64().unwrap_or_else(|| panic!("{member} is no number: {body}"))
}

fn status(body: &Value, member: &str) -> &'static str {
    let said = text(body, member);
    Order::STATUSES.into_iter().find(|known| *known == said).unwrap()
}

impl Session {
    /// Does `steps` random things.
    pub async fn wander(self, seed: u64, steps: usize) {
        let mut random = StdRng::seed_from_u64(seed);
        for _ in 0..steps {
            let order = self.world.orders.lock().unwrap().choose(&mut random).cloned();
            match (random.random_range(0..100), order) {
                (0..30, _) | (30..84, None) => self.place(&mut random).await,
                (30..48, Some(order)) => self.pay(&mut random, &order).await,
                (48..60, Some(order)) => self.cancel(&order).await,
                (60..66, Some(order)) => self.redeem(&mut random, &order).await,
                (66..76, Some(order)) => self.advance(&mut random, &order).await,
                (76..84, Some(order)) => self.read_order(&order).await,
                (84..88, _) => self.stock(&mut random).await,
                (88..93, _) => self.read_stock().await,
                (93..97, _) => self.read_card().await,
                _ => self.read_points().await,
            }
        }
    }

    fn stock_object(&self) -> Object {
        Object::Stock(self.world.product.clone())
    }

    fn card_object(&self) -> Object {
        Object::Card(self.world.card.clone())
    }

    fn points_object(&self) -> Object {
        Object::Points(self.buyer.id.to_string())
    }

    /// Sends it; without an answer where the client hangs up before there is one.
    async fn send(&self, call: Call, patience: Option<Duration>) -> (Span, Option<Answer>) {
        let start = self.world.recorder.now();
        let answer = match patience {
            None => Some(call.await),
            Some(patience) => timeout(patience, call.attempt()).await.ok().flatten(),
        };
        let end = answer.is_some().then(|| self.world.recorder.now());
        if let Some(answer) = &answer {
            assert!(answer.status < 500, "{} {}", answer.status, answer.text);
        }
        let shown = answer.as_ref().is_none_or(|one| one.header("ledgerline-projected").is_empty());
        (Span { client: self.number, start, end, shown }, answer)
    }

    async fn ask(&self, call: Call) -> (Span, Answer) {
        let (span, answer) = self.send(call, None).await;
        (span, answer.unwrap())
    }

    async fn place(&self, random: &mut StdRng) {
        let (units, with_card) = (random.random_range(1..4_i64), random.random_bool(0.35));
        let points = if random.random_bool(0.4) { random.random_range(1..25_i64) } else { 0 };
        let mut body = order_body("card");
        body["items"] = json!([{ "product_id": self.world.product, "quantity": units }]);
        if points > 0 {
            body["points"] = json!(points);
        }
        if with_card {
            body["gift_card_code"] = json!(self.world.card);
        }
        // What a card would have paid is not known of an order without an answer.
        let hangs_up = !with_card && random.random_bool(0.04);
        let patience = hangs_up.then(|| Duration::from_micros(random.random_range(500..30_000)));
        let (span, answer) = self.send(self.buyer.post("/orders", body), patience).await;
        let recorder = &self.world.recorder;
        let Some(answer) = answer else {
            recorder.pot(&self.stock_object(), span, PotOp::Hold(units));
            if points > 0 {
                recorder.pot(&self.points_object(), span, PotOp::Hold(points));
            }
            return;
        };
        if answer.status == 201 {
            self.placed(span, &answer.body, units, points, with_card);
            return;
        }
        let said = &answer.body;
        let refused = |wanted, available| PotOp::TooLittle { wanted, available };
        match said["code"].as_str().unwrap_or_default() {
            "insufficient_stock" => {
                let (wanted, available) = (whole(said, "requested"), whole(said, "available"));
                recorder.pot(&self.stock_object(), span, refused(wanted, available));
            }
            "insufficient_balance" => {
                let (wanted, available) = (money(said, "requested"), money(said, "available"));
                recorder.pot(&self.card_object(), span, refused(wanted, available));
            }
            "insufficient_points" => {
                let (wanted, available) = (whole(said, "requested"), whole(said, "available"));
                recorder.pot(&self.points_object(), span, refused(wanted, available));
            }
            // Of several processes one gave up: nothing happened.
            code => assert_eq!(code, "concurrent_modification", "{}", answer.text),
        }
    }

    fn placed(&self, span: Span, order: &Value, units: i64, points: i64, with_card: bool) {
        let recorder = &self.world.recorder;
        let (total, by_card) = (money(order, "total_amount"), money(order, "gift_card_amount"));
        // A card that pays everything settles the order at once.
        let at_once = order["status"] == "confirmed";
        let take = |units| if at_once { PotOp::Spend(units) } else { PotOp::Hold(units) };
        recorder.pot(&self.stock_object(), span, take(units));
        if points > 0 {
            recorder.pot(&self.points_object(), span, take(points));
        }
        let wanted = total - 100 * points;
        if with_card {
            let (wanted, got) = (wanted, by_card);
            let op = if at_once {
                PotOp::SpendUpTo { wanted, got }
            } else {
                PotOp::HoldUpTo { wanted, got }
            };
            recorder.pot(&self.card_object(), span, op);
        }
        assert_eq!(at_once, wanted == by_card, "{order}");
        let id = text(order, "id");
        recorder.begin_order(&id, status(order, "status"), whole(order, "version"));
        let buyer = self.buyer.id.to_string();
        self.world.orders.lock().unwrap().push(Placed { id, buyer, units, total, points });
    }

    async fn pay(&self, random: &mut StdRng, order: &Placed) {
        let token = if random.random_bool(0.8) { "tok_ok" } else { "tok_declined" };
        // Anybody's order is paid by an administrator, their own by customers.
        let payer = self.acts_for(order);
        let (span, answer) = self.ask(payer.pay(&order.id, token)).await;
        let recorder = &self.world.recorder;
        match (answer.status, answer.body["status"].as_str(), answer.body["code"].as_str()) {
            (201, Some("completed"), _) => {
                recorder.order(&order.id, span, OrderOp::Paid);
                recorder.pot(&self.stock_object(), span, PotOp::Commit(order.units));
                let by_card = order.total - 100 * order.points - money(&answer.body, "amount");
                if by_card > 0 {
                    recorder.pot(&self.card_object(), span, PotOp::Commit(by_card));
                }
                self.points_of(order, span, PotOp::Commit);
            }
            (201, Some("failed"), _) => recorder.order(&order.id, span, OrderOp::Declined),
            (409, _, Some("payment_completed")) => {
                recorder.order(&order.id, span, OrderOp::PaidBefore);
            }
            _ => self.refused(order, span, &answer),
        }
    }

    /// The points of the buyer, where the order uses some.
    fn points_of(&self, order: &Placed, span: Span, op: fn(i64) -> PotOp) {
        if order.points > 0 {
            let object = Object::Points(order.buyer.clone());
            self.world.recorder.pot(&object, span, op(order.points));
        }
    }

    fn acts_for(&self, order: &Placed) -> &Client {
        if order.buyer == self.buyer.id.to_string() { &self.buyer } else { &self.admin }
    }

    async fn cancel(&self, order: &Placed) {
        let path = format!("/orders/{}/cancel", order.id);
        let (span, answer) = self.ask(self.acts_for(order).put(&path, json!({}))).await;
        if answer.status != 200 {
            self.refused(order, span, &answer);
            return;
        }
        let (recorder, body) = (&self.world.recorder, &answer.body);
        let (status, version) = (status(body, "status"), whole(body, "version"));
        recorder.order(&order.id, span, OrderOp::Became { status, version });
        // What was only held is free again; what was taken comes back.
        let back: fn(i64) -> PotOp =
            if status == "cancelled" { PotOp::Release } else { PotOp::Add };
        recorder.pot(&self.stock_object(), span, back(order.units));
        let by_card = money(body, "gift_card_amount");
        if by_card > 0 {
            recorder.pot(&self.card_object(), span, back(by_card));
        }
        self.points_of(order, span, back);
    }

    /// Pays a part of an order that is not paid yet with the card.
    async fn redeem(&self, random: &mut StdRng, order: &Placed) {
        if order.buyer != self.buyer.id.to_string() {
            return;
        }
        let amount = random.random_range(1..500_i64);
        let body = json!({ "code": self.world.card, "order_id": order.id, "amount": amount });
        let (span, answer) = self.ask(self.buyer.post("/giftcards/redeem", body)).await;
        let (recorder, said) = (&self.world.recorder, &answer.body);
        match (answer.status, said["code"].as_str()) {
            (200, _) => {
                let version = whole(said, "version");
                recorder.order(&order.id, span, OrderOp::Changed { version });
                recorder.pot(&self.card_object(), span, PotOp::Hold(100 * amount));
            }
            (409, Some("insufficient_balance")) => {
                let (wanted, available) = (money(said, "requested"), money(said, "available"));
                recorder.pot(&self.card_object(), span, PotOp::TooLittle { wanted, available });
            }
            (409, Some("gift_card_already_applied")) => {}
            _ => self.refused(order, span, &answer),
        }
    }

    async fn advance(&self, random: &mut StdRng, order: &Placed) {
        let next = *["processing", "shipped", "delivered"].choose(random).unwrap();
        let path = format!("/orders/{}/status", order.id);
        let (span, answer) = self.ask(self.admin.put(&path, json!({ "status": next }))).await;
        if answer.status != 200 {
            self.refused(order, span, &answer);
            return;
        }
        let (recorder, version) = (&self.world.recorder, whole(&answer.body, "version"));
        recorder.order(&order.id, span, OrderOp::Became { status: next, version });
        let earned = whole(&answer.body, "points_earned");
        if next == "delivered" && earned > 0 {
            let object = Object::Points(order.buyer.clone());
            recorder.pot(&object, span, PotOp::Add(earned));
        }
    }

    /// A step that the order did not allow.
    fn refused(&self, order: &Placed, span: Span, answer: &Answer) {
        let code = answer.body["code"].as_str().unwrap_or_default();
        match code {
            "invalid_transition" => {
                let from = status(&answer.body, "from");
                self.world.recorder.order(&order.id, span, OrderOp::Was(from));
            }
            // Somebody else is in between the two appends of a payment, or opened another one.
            "payment_processing"
            | "payment_outcome_unknown"
            | "payment_ended"
            | "concurrent_modification" => {}
            _ => panic!("{} {}", answer.status, answer.text),
        }
    }

    async fn read_order(&self, order: &Placed) {
        let path = format!("/orders/{}", order.id);
        let (span, answer) = self.ask(self.acts_for(order).get(&path)).await;
        let body = answer.expect(200).body;
        let (status, version) = (status(&body, "status"), whole(&body, "version"));
        self.world.recorder.order(&order.id, span, OrderOp::Read { status, version });
    }

    /// Goods arrive, or somebody counts them.
    async fn stock(&self, random: &mut StdRng) {
        let units = random.random_range(1..6_i64);
        let (body, op) = if random.random_bool(0.5) {
            (json!({ "delta": units, "reason": "a delivery" }), PotOp::Add(units))
        } else {
            (json!({ "quantity": units }), PotOp::Set(units))
        };
        let path = format!("/products/{}/stock", self.world.product);
        let (span, answer) = self.ask(self.admin.put(&path, body)).await;
        if answer.status == 200 {
            let nothing = answer.header("ledgerline-position").is_empty();
            let op = if nothing { PotOp::Was(units) } else { op };
            self.world.recorder.pot(&self.stock_object(), span, op);
        } else {
            answer.refused(409, "concurrent_modification");
        }
    }

    async fn read_stock(&self) {
        let path = format!("/products/{}", self.world.product);
        let (span, answer) = self.ask(self.buyer.get(&path)).await;
        let available = whole(&answer.expect(200).body, "quantity");
        let read = PotOp::Read { available, held: None };
        self.world.recorder.pot(&self.stock_object(), span, read);
    }

    async fn read_card(&self) {
        let path = format!("/giftcards/{}/balance", self.world.card);
        let (span, answer) = self.ask(self.buyer.get(&path)).await;
        let body = answer.expect(200).body;
        let (available, held) = (money(&body, "balance"), Some(money(&body, "held")));
        let read = PotOp::Read { available, held };
        self.world.recorder.pot(&self.card_object(), span, read);
    }

    async fn read_points(&self) {
        let (span, answer) = self.ask(self.buyer.get("/loyalty/status")).await;
        let body = answer.expect(200).body;
        let (available, held) = (whole(&body, "points"), Some(whole(&body, "held_points")));
        let read = PotOp::Read { available, held };
        self.world.recorder.pot(&self.points_object(), span, read);
    }
}
