//! The kinds of commands that are cut off: what each needs before, and what it must have done, once.

use serde_json::json;

use super::scene::Scene;
use crate::support::client::{Answer, Call, order_body, text};
use crate::support::wait::eventually;

/// A kind of command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Cart,
    /// With a promotion, a gift card and points.
    Order,
    Payment,
    /// A payment whose outcome the provider does not tell.
    Uncertain,
    Cancel,
    Refund,
    GiftCard,
    Stock,
    /// Brings the points of an order that was delivered.
    Delivery,
    Product,
    Promotion,
    Review,
    Wish,
}

/// A command that is about to be sent.
#[derive(Debug)]
pub struct Prepared {
    kind: Kind,
    /// The order that it is about, where there is one.
    order: String,
    /// A new product that it is about, or a name for what it makes.
    subject: String,
    /// What was counted before.
    before: i64,
}

impl Kind {
    pub const ALL: [Self; 13] = [
        Self::Cart,
        Self::Order,
        Self::Payment,
        Self::Uncertain,
        Self::Cancel,
        Self::Refund,
        Self::GiftCard,
        Self::Stock,
        Self::Delivery,
        Self::Product,
        Self::Promotion,
        Self::Review,
        Self::Wish,
    ];

    /// Whatever has to be so before.
    pub async fn prepare(self, scene: &Scene) -> Prepared {
        let subject = match self {
            Self::Delivery | Self::Review | Self::Wish => scene.new_product("30000.00").await,
            _ => scene.new_name(),
        };
        let order = match self {
            Self::Payment | Self::Uncertain => scene.placed().await,
            Self::Cancel => scene.paid(&scene.product).await,
            Self::Delivery => scene.shipped(&subject).await,
            Self::Refund => scene.delivered(&scene.product).await,
            Self::Review => scene.delivered(&subject).await,
            _ => String::new(),
        };
        Prepared { kind: self, order, subject, before: self.count(scene).await }
    }

    /// What goes up by one thing, once, where the command has no order to look at.
    async fn count(self, scene: &Scene) -> i64 {
        match self {
            Self::Cart => {
                let cart = scene.buyer.get("/cart").await.expect(200).body;
                cart["items"][0]["quantity"].as_i64().unwrap_or(0)
            }
            Self::Order => scene.number_of("SELECT count(*) FROM read.orders").await,
            Self::GiftCard => scene.number_of("SELECT count(*) FROM read.gift_cards").await,
            Self::Stock => scene.stock(&scene.shelf).await,
            Self::Delivery => scene.buyer.get("/loyalty/status").await.expect(200).body["points"]
                .as_i64()
                .unwrap(),
            Self::Product => scene.number_of("SELECT count(*) FROM read.products").await,
            Self::Promotion => scene.number_of("SELECT count(*) FROM read.promotions").await,
            Self::Review => scene.number_of("SELECT count(*) FROM read.reviews").await,
            Self::Wish => {
                let wishes = scene.buyer.get("/wishlist").await.expect(200).body;
                i64::try_from(wishes["items"].as_array().unwrap().len()).unwrap()
            }
            Self::Payment | Self::Uncertain | Self::Cancel | Self::Refund => 0,
        }
    }
}

impl Prepared {
    pub fn call(&self, scene: &Scene) -> Call {
        let (buyer, order, subject) = (&scene.buyer, &self.order, &self.subject);
        match self.kind {
            Kind::Cart => {
                buyer.post("/cart/items", json!({ "product_id": scene.product, "quantity": 1 }))
            }
            Kind::Order => {
                let mut body = order_body("card");
                body["items"] = json!([{ "product_id": scene.product, "quantity": 1 }]);
                body["promo_code"] = json!("TEN");
                body["gift_card_code"] = json!(scene.code);
                body["points"] = json!(1);
                buyer.post("/orders", body)
            }
            Kind::Payment => buyer.pay(order, "tok_ok"),
            Kind::Uncertain => buyer.pay(order, "tok_timeout"),
            Kind::Cancel => buyer.put(&format!("/orders/{order}/cancel"), json!({})),
            Kind::Refund => {
                let body = json!({ "amount": "5.00", "reason": "scratched" });
                scene.admin.post(&format!("/orders/{order}/refund"), body)
            }
            Kind::GiftCard => {
                let body = json!({ "amount": 700, "recipient_email": "friend@example.com" });
                buyer.post("/giftcards/create", body)
            }
            Kind::Stock => {
                let body = json!({ "delta": 5, "reason": "found" });
                scene.admin.put(&format!("/products/{}/stock", scene.shelf), body)
            }
            Kind::Delivery => scene.step(order, "delivered"),
            Kind::Product => scene
                .admin
                .post("/products", json!({ "name": subject, "price": "1.00", "quantity": 1 })),
            Kind::Promotion => scene
                .admin
                .post("/promos/create", json!({ "code": subject, "kind": "percent", "value": 1 })),
            Kind::Review => {
                let body = json!({ "product_id": subject, "rating": 5, "comment": "good" });
                buyer.post("/reviews", body)
            }
            Kind::Wish => buyer.post("/wishlist/items", json!({ "product_id": subject })),
        }
    }

    /// Whether the answer to a repeated command says that it is done, or is being done.
    pub fn is_final(&self, answer: &Answer) -> bool {
        let pays = matches!(self.kind, Kind::Payment | Kind::Uncertain);
        // The first one took the money, and died before it could say so.
        let taken = pays && answer.status == 409 && answer.body["code"] == "payment_completed";
        answer.status < 300 || taken
    }

    /// That it has happened, and once.
    pub async fn check(&self, scene: &Scene, answer: &Answer) {
        match self.kind {
            Kind::Cart
            | Kind::GiftCard
            | Kind::Product
            | Kind::Promotion
            | Kind::Review
            | Kind::Wish => {
                assert_eq!(self.kind.count(scene).await, self.before + 1);
            }
            Kind::Delivery => {
                let order = scene.buyer.order_now(&self.order).await;
                let earned = order["points_earned"].as_i64().unwrap();
                assert!(earned > 0, "{order}");
                assert_eq!(self.kind.count(scene).await, self.before + earned);
            }
            Kind::Order => {
                assert_eq!(self.kind.count(scene).await, self.before + 1);
                let order = scene.buyer.order_now(&answer.id()).await;
                assert_eq!(
                    (&order["promo_code"], &order["points_used"]),
                    (&json!("TEN"), &json!(1))
                );
                assert_ne!(text(&order, "gift_card_amount"), "0.00");
            }
            Kind::Payment | Kind::Uncertain => {
                self.when(scene, "confirmed", "completed").await;
                // A message may come again, under its id; there is no second one.
                assert_eq!(scene.messages_about(&self.order).await.len(), 1);
            }
            // All that was paid goes back.
            Kind::Cancel => self.when(scene, "refunded", "refunded").await,
            Kind::Refund => {
                let order = scene.buyer.order_now(&self.order).await;
                assert_eq!(order["refunded_amount"], "5.00", "{order}");
            }
            Kind::Stock => assert_eq!(self.kind.count(scene).await, self.before + 5),
        }
    }

    async fn when(&self, scene: &Scene, status: &str, payment: &str) {
        eventually(&format!("an order that is {status} and {payment}"), async || {
            let order = scene.buyer.order_now(&self.order).await;
            (order["status"] == status && order["payment_status"] == payment).then_some(())
        })
        .await;
    }
}
