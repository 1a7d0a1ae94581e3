//! Somebody with a role, and what belongs to them: what a request has to name so that it makes sense.
//! What a request changes for good is made anew for it.

use aggregates::account::Role;
use serde_json::{Value, json};

use super::request::{Request, expects};
use super::route::Route;
use crate::images;
use crate::support::app::{PASSWORD, TestApp, any_id};
use crate::support::client::{Client, order_body, text};
use crate::webhooks::receiver::Receiver;

/// Somebody who can log in.
pub const KNOWN: &str = "known@example.com";

pub struct Owner<'a> {
    app: &'a TestApp,
    receiver: &'a Receiver,
    role: Option<Role>,
    pub user: Client,
    /// Of a guest, and of nobody else.
    session: Option<String>,
    /// The user, or a customer where the user is nobody.
    pub buyer: Client,
    admin: Client,
    /// The user where they may sell.
    seller: Client,
    /// Of this seller.
    pub product: String,
    artist: String,
    album: String,
    /// Of the buyer, for the product; delivered.
    pub order: String,
}

impl<'a> Owner<'a> {
    pub async fn new(app: &'a TestApp, receiver: &'a Receiver, role: Option<Role>) -> Self {
        let user = match role {
            Some(role) => app.user(role).await,
            None => app.guest(),
        };
        let buyer = if role.is_some() { user.clone() } else { app.customer().await };
        let sells = matches!(role, Some(Role::Seller | Role::Admin));
        let seller = if sells { user.clone() } else { app.seller().await };
        let session = role.is_none().then(|| any_id().to_string());
        let product = app.product_of(&seller, "Lamp", "20000.00", 1000).await;
        let (admin, none) = (app.admin().await, String::new());
        let (artist, album, order) = (none.clone(), none.clone(), none);
        let mut owner = Self {
            app,
            receiver,
            role,
            user,
            session,
            buyer,
            admin,
            seller,
            product,
            artist,
            album,
            order,
        };
        owner.artist = owner.new_artist().await;
        owner.album = owner.new_album().await;
        // Has earned points, too.
        owner.order = owner.delivered(&owner.product).await;
        owner
    }

    /// A request to a route that makes sense for whoever may send it.
    pub async fn request(&self, route: &Route) -> Request {
        let operation = route.operation();
        let (_, path) = operation.split_once(' ').unwrap();
        let request = match path.split('/').nth(1).unwrap() {
            "auth" | "token" => self.account(&operation).await,
            "products" | "categories" | "seller" => self.selling(&operation).await,
            "artists" | "albums" => self.records(&operation).await,
            "cart" | "orders" | "payments" => self.buying(&operation).await,
            "loyalty" | "promos" | "giftcards" => self.value(&operation).await,
            "reviews" | "wishlist" => self.community(&operation).await,
            "admin" => self.administration(&operation).await,
            "audit" => self.audit(&operation).await,
            "webhooks" => self.webhooks(&operation).await,
            "analytics" | "docs" | "redoc" | "api" | "openapi.json" => expects(200),
            other => panic!("{other} is not known here"),
        };
        Request { session: self.session.clone(), ..request }
    }

    async fn account(&self, operation: &str) -> Request {
        let password = |email: &str| json!({ "email": email, "password": PASSWORD });
        match operation {
            "POST /auth/register" => {
                expects(201).json(password(&format!("{}@example.com", any_id())))
            }
            "POST /auth/login" => expects(200).json(password(KNOWN)),
            "POST /token" => {
                let fields =
                    vec![("username", KNOWN.to_owned()), ("password", PASSWORD.to_owned())];
                expects(200).form(fields)
            }
            "POST /auth/refresh" => {
                let login = self.app.login(KNOWN).await;
                expects(200).json(json!({ "refresh_token": login["refresh_token"] }))
            }
            // These end what the others need.
            "POST /auth/logout" | "DELETE /auth/me" => expects(204).by(self.another().await),
            // The token of no letter.
            "POST /auth/verify" => expects(422).json(json!({ "token": "nobody-got-this" })),
            "POST /auth/password/reset" => {
                expects(422).json(json!({ "token": "nobody-got-this", "password": PASSWORD }))
            }
            "POST /auth/password/forgot" => expects(202).json(json!({ "email": KNOWN })),
            "PUT /auth/profile" | "PATCH /auth/profile" => {
                expects(200).json(json!({ "first_name": "Aigerim" }))
            }
            "GET /auth/me" | "GET /auth/me/export" => expects(200),
            other => panic!("{other} is not known here"),
        }
    }

    /// Somebody else of the same role.
    async fn another(&self) -> Client {
        match self.role {
            Some(role) => self.app.user(role).await,
            None => self.app.guest(),
        }
    }

    async fn new_product(&self, seller: &Client) -> String {
        self.app.product_of(seller, "Chair", "100.00", 1000).await
    }

    async fn selling(&self, operation: &str) -> Request {
        let one = |status: u16| expects(status).of(&self.product);
        match operation {
            "GET /products"
            | "GET /categories"
            | "GET /seller/products"
            | "GET /seller/orders"
            | "GET /seller/analytics" => expects(200),
            "GET /products/{}"
            | "GET /products/{}/price-history"
            | "GET /seller/products/{}/stock-history" => one(200),
            "POST /products" => expects(201).json(json!({ "name": "Bulb", "price": "1.00" })),
            "POST /products/bulk" => {
                expects(200).json(json!([{ "name": "Bulb", "price": "1.00" }]))
            }
            "PUT /products/{}" | "PATCH /products/{}" => one(200).json(json!({ "name": "Torch" })),
            "DELETE /products/{}" => expects(204).of(self.new_product(&self.seller).await),
            "PUT /products/{}/stock" => one(200).json(json!({ "quantity": 2000 })),
            "POST /products/{}/images" => {
                let image = images::png(images::picture(2, 2, [1, 2, 3]));
                one(200).raw(images::FORM, images::form(&[image]))
            }
            other => panic!("{other} is not known here"),
        }
    }

    async fn new_artist(&self) -> String {
        self.seller.post("/artists", json!({ "name": "Batyrkhan" })).await.expect(201).id()
    }

    fn album_body(&self) -> Value {
        json!({ "artist_id": self.artist, "title": "Otan Ana", "price": "9900.00", "quantity": 5 })
    }

    async fn new_album(&self) -> String {
        self.seller.post("/albums", self.album_body()).await.expect(201).id()
    }

    async fn records(&self, operation: &str) -> Request {
        match operation {
            "GET /artists" | "GET /albums" => expects(200),
            "GET /artists/{}" => expects(200).of(&self.artist),
            "POST /artists" => expects(201).json(json!({ "name": "Roza" })),
            "PUT /artists/{}" => expects(200).of(&self.artist).json(json!({ "bio": "A singer" })),
            "DELETE /artists/{}" => expects(204).of(self.new_artist().await),
            "GET /albums/{}" => expects(200).of(&self.album),
            "POST /albums" => expects(201).json(self.album_body()),
            "PUT /albums/{}" => expects(200).of(&self.album).json(json!({ "genre": "kui" })),
            "DELETE /albums/{}" => expects(204).of(self.new_album().await),
            other => panic!("{other} is not known here"),
        }
    }

    async fn ordered(&self, product: &str, payment_method: &str) -> String {
        let body = order_of(product, payment_method);
        self.buyer.post("/orders", body).await.expect(201).id()
    }

    /// An order that waits for its payment.
    pub async fn pending(&self) -> String {
        self.ordered(&self.product, "card").await
    }

    /// Paid in cash: it needs no payment before the delivery.
    async fn confirmed(&self) -> String {
        self.ordered(&self.product, "cash_on_delivery").await
    }

    async fn delivered(&self, product: &str) -> String {
        let order = self.ordered(product, "cash_on_delivery").await;
        for status in ["processing", "shipped", "delivered"] {
            let path = format!("/orders/{order}/status");
            self.admin.put(&path, json!({ "status": status })).await.expect(200);
        }
        order
    }

    async fn fill_cart(&self) {
        let line = json!({ "product_id": self.product, "quantity": 1 });
        let call = self.user.post("/cart/items", line);
        match &self.session {
            Some(session) => call.header("X-Session-Id", session).await.expect(201),
            None => call.await.expect(201),
        };
    }

    async fn buying(&self, operation: &str) -> Request {
        let line = json!({ "product_id": self.product, "quantity": 1 });
        let units = json!({ "quantity": 2 });
        if operation.contains("/cart") {
            self.fill_cart().await;
        }
        match operation {
            "GET /cart" | "DELETE /cart" | "GET /orders" => expects(200),
            "POST /cart" | "POST /cart/items" => expects(201).json(line),
            "PUT /cart/{}" | "PUT /cart/items/{}" => expects(200).of(&self.product).json(units),
            "DELETE /cart/{}" | "DELETE /cart/items/{}" => expects(200).of(&self.product),
            "POST /orders" => expects(201).json(order_of(&self.product, "card")),
            "GET /orders/{}" | "GET /orders/{}/events" | "GET /payments/order/{}" => {
                expects(200).of(&self.order)
            }
            "GET /orders/user/{}" => expects(200).of(self.buyer.id.to_string()),
            "PUT /orders/{}/status" | "PATCH /orders/{}" => {
                let order = self.confirmed().await;
                expects(200).of(order).json(json!({ "status": "processing" }))
            }
            "PUT /orders/{}/cancel" => expects(200).of(self.confirmed().await),
            "POST /orders/{}/refund" => {
                let order = self.delivered(&self.product).await;
                expects(200).of(order).json(json!({ "reason": "It is broken" }))
            }
            "POST /payments" => expects(201).json(json!({
                "order_id": self.pending().await, "payment_method": "card", "card_token": "tok_ok"
            })),
            "GET /payments/{}" => {
                let order = self.pending().await;
                expects(200).of(self.buyer.pay(&order, "tok_ok").await.expect(201).id())
            }
            other => panic!("{other} is not known here"),
        }
    }

    async fn new_promo(&self) -> String {
        let code = any_id().simple().to_string();
        self.admin.post("/promos/create", promo(&code)).await.expect(201);
        code
    }

    pub async fn new_card(&self) -> String {
        let card = self.admin.post("/giftcards/create", json!({ "amount": "900.00" })).await;
        text(&card.expect(201).body, "code")
    }

    async fn value(&self, operation: &str) -> Request {
        match operation {
            "GET /loyalty/status"
            | "GET /loyalty/history"
            | "GET /loyalty/tiers"
            | "GET /promos/active"
            | "GET /giftcards/history" => expects(200),
            "POST /loyalty/redeem" => expects(200).json(json!({ "points": 1 })),
            "POST /promos/verify" | "POST /promos/apply" => {
                self.fill_cart().await;
                expects(200).json(json!({ "code": self.new_promo().await }))
            }
            "POST /promos/create" => expects(201).json(promo(&any_id().simple().to_string())),
            "PUT /promos/{}" => {
                let terms = json!({ "kind": "fixed", "value": "5.00" });
                expects(200).of(self.new_promo().await).json(terms)
            }
            "DELETE /promos/{}" => expects(204).of(self.new_promo().await),
            "POST /giftcards/create" => {
                expects(201).json(json!({ "amount": "1000.00", "card_token": "tok_ok" }))
            }
            "GET /giftcards/{}/balance"
            | "POST /giftcards/{}/disable"
            | "POST /giftcards/{}/reissue" => expects(200).of(self.new_card().await),
            "POST /giftcards/redeem" => {
                expects(200).json(json!({ "code": self.new_card().await, "amount": "1.00" }))
            }
            other => panic!("{other} is not known here"),
        }
    }

    /// A product of somebody else that the buyer has.
    async fn bought(&self) -> String {
        let product = self.new_product(&self.app.seller().await).await;
        self.delivered(&product).await;
        product
    }

    async fn new_review(&self) -> String {
        let body = json!({ "product_id": self.bought().await, "rating": 4, "comment": "Good" });
        self.buyer.post("/reviews", body).await.expect(201).id()
    }

    /// A product on the buyer's wishlist.
    async fn wished(&self) -> String {
        let product = self.new_product(&self.seller).await;
        self.buyer.post("/wishlist/items", json!({ "product_id": product })).await.expect(201);
        product
    }

    async fn community(&self, operation: &str) -> Request {
        match operation {
            "GET /reviews" | "GET /wishlist" => expects(200),
            "POST /reviews" => {
                expects(201).json(json!({ "product_id": self.bought().await, "rating": 5 }))
            }
            "PUT /reviews/{}" => {
                expects(200).of(self.new_review().await).json(json!({ "rating": 3 }))
            }
            "DELETE /reviews/{}" => expects(204).of(self.new_review().await),
            "PUT /reviews/{}/moderate" => {
                expects(200).of(self.new_review().await).json(json!({ "status": "rejected" }))
            }
            "POST /wishlist/items" => {
                let product = self.new_product(&self.seller).await;
                expects(201).json(json!({ "product_id": product }))
            }
            "GET /wishlist/items/{}" => expects(200).of(self.wished().await),
            "DELETE /wishlist/items/{}" => expects(204).of(self.wished().await),
            other => panic!("{other} is not known here"),
        }
    }

    async fn administration(&self, operation: &str) -> Request {
        let somebody = async || self.app.customer().await.id.to_string();
        match operation {
            "GET /admin/dashboard"
            | "GET /admin/stats"
            | "GET /admin/users"
            | "GET /admin/orders"
            | "GET /admin/products" => expects(200),
            "PUT /admin/users/{}/role" => {
                expects(200).of(somebody().await).json(json!({ "role": "seller" }))
            }
            "PUT /admin/users/{}/block" => expects(200).of(somebody().await).json(json!({})),
            "PUT /admin/users/{}/unblock" => {
                let id = somebody().await;
                let path = format!("/admin/users/{id}/block");
                self.admin.put(&path, json!({})).await.expect(200);
                expects(200).of(id)
            }
            other => panic!("{other} is not known here"),
        }
    }

    async fn audit(&self, operation: &str) -> Request {
        match operation {
            "GET /audit/streams/{}/{}" => expects(200).of("order").of(&self.order),
            "GET /audit/giftcards/{}" => expects(200).of(self.new_card().await),
            "GET /audit/loyalty/{}" => expects(200).of(self.buyer.id.to_string()),
            "GET /audit/orders/{}" => expects(200).of(&self.order),
            "GET /audit/trace/{}" => {
                let path = format!("/audit/streams/order/{}", self.order);
                let events = self.admin.get(&path).await.expect(200).body;
                expects(200).of(text(&events["items"][0], "event_id"))
            }
            "GET /audit/ledger" | "GET /audit/verify" | "GET /audit/checkpoints" => expects(200),
            "GET /audit/proof/inclusion" => expects(200).query("leaf_index=0"),
            "GET /audit/proof/consistency" => expects(200).query("from=1"),
            other => panic!("{other} is not known here"),
        }
    }

    async fn webhooks(&self, operation: &str) -> Request {
        let body = json!({ "url": self.receiver.url(), "events": ["order.delivered"] });
        let registered = async || self.seller.post("/webhooks", &body).await.expect(201).id();
        match operation {
            "GET /webhooks" => expects(200),
            "POST /webhooks" => expects(201).json(body.clone()),
            "GET /webhooks/{}" | "POST /webhooks/{}/rotate" | "GET /webhooks/{}/deliveries" => {
                expects(200).of(registered().await)
            }
            "PUT /webhooks/{}" => {
                expects(200).of(registered().await).json(json!({ "is_enabled": false }))
            }
            "DELETE /webhooks/{}" => expects(204).of(registered().await),
            "POST /webhooks/{}/test" => expects(202).of(registered().await),
            "POST /webhooks/{}/deliveries/{}/resend" => {
                let id = registered().await;
                self.seller.post(&format!("/webhooks/{id}/test"), json!({})).await.expect(202);
                let webhook = json!({ "id": id });
                let told =
                    crate::webhooks::delivery_when(&self.seller, &webhook, "a delivery", |one| {
                        one["status"] == "delivered"
                    });
                expects(202).of(id).of(text(&told.await, "id"))
            }
            other => panic!("{other} is not known here"),
        }
    }
}

fn promo(code: &str) -> Value {
    json!({ "code": code, "kind": "percent", "value": 10 })
}

fn order_of(product: &str, payment_method: &str) -> Value {
    let mut body = order_body(payment_method);
    body["items"] = json!([{ "product_id": product, "quantity": 1 }]);
    body
}
