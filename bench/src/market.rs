//! What is in the shop before the clock starts: products, a promotion, gift cards and points. Made
//! over HTTP, as staff would.

use crate::Result;
use crate::site::Site;
use crate::visitors::{Customer, Visitor, Visitors, order_body};
use aggregates::account::Role;
use futures_util::future::try_join_all;
use serde_json::{Value, json};

pub const CATEGORIES: [&str; 8] =
    ["electronics", "books", "home", "sports", "beauty", "toys", "food", "garden"];
/// Each is in the names of a sixteenth of the products.
pub const WORDS: [&str; 16] = [
    "lamp", "chair", "table", "kettle", "radio", "phone", "camera", "bottle", "jacket", "boots",
    "mirror", "clock", "guitar", "tent", "pillow", "mouse",
];
const MATERIALS: [&str; 7] = ["oak", "steel", "glass", "cotton", "leather", "bamboo", "copper"];
/// Connections that prepare.
const STAFF: usize = 16;
/// One percent of it is 50,000 points: enough for 5,000 orders.
const DEAR: &str = "5000000.00";

pub struct Market {
    pub products: Vec<String>,
    pub promo: String,
    /// Makes gift cards.
    admin: Customer,
}

impl Market {
    /// A shop with so many products.
    pub async fn open(site: &Site, products: usize) -> Result<Self> {
        let made = try_join_all((0..STAFF).map(async |number| {
            let mut seller = site.staff(number, Role::Seller)?;
            let mut made = Vec::new();
            for n in (number..products).step_by(STAFF) {
                made.push(product(&mut seller, &describe(n)).await?);
            }
            Result::Ok(made)
        }))
        .await?;
        let admin = site.user(site.shop.new_id(), Role::Admin)?;
        // Its own for each run, so that a server that stays can be used again.
        let promo = format!("BENCH-{}", &site.shop.new_id().simple().to_string()[12..]);
        let mut staff = site.staff(0, Role::Admin)?;
        let body = json!({ "code": promo, "kind": "percent", "value": "10" });
        staff.ask("POST", "/promos/create", &body.to_string()).await?.expect(201)?;
        Ok(Self { products: made.concat(), promo, admin })
    }

    /// A gift card that has never been used, made on a visitor's connection.
    pub async fn card(&self, visitor: &mut Visitor) -> Result<String> {
        let request = crate::http::request(
            "POST",
            "/giftcards/create",
            &self.admin.authorization,
            "Prefer: respond-async\r\n",
            r#"{"amount":"500.00"}"#,
        );
        let answer = visitor.send(&request).await?.expect(201)?;
        let card: Value = serde_json::from_slice(&answer.body)?;
        Ok(card["code"].as_str().ok_or("a card without a code")?.to_owned())
    }

    /// Gives each customer of each visitor so many gift cards.
    pub async fn give_cards(&self, visitors: &Visitors, each: usize) -> Result<()> {
        try_join_all((0..visitors.len()).map(async |client| {
            let mut visitor = visitors.of(client).await;
            for _ in 0..visitor.customers.len() {
                for _ in 0..each {
                    let code = self.card(&mut visitor).await?;
                    visitor.customer().cards.push(code);
                }
                visitor.next();
            }
            Result::Ok(())
        }))
        .await?;
        Ok(())
    }

    /// Gives each customer points, by an order that earns them.
    pub async fn give_points(&self, site: &Site, visitors: &Visitors) -> Result<()> {
        let mut seller = site.staff(0, Role::Seller)?;
        let dear = json!({ "name": "Diamond", "price": DEAR, "quantity": 1_000_000 });
        let dear = product(&mut seller, &dear).await?;
        try_join_all((0..visitors.len()).map(async |client| {
            let mut visitor = visitors.of(client).await;
            let mut admin = site.staff(client, Role::Admin)?;
            for _ in 0..visitor.customers.len() {
                let items = format!(r#","items":[{{"product_id":"{dear}","quantity":1}}]"#);
                let order = visitor.place(&items).await?;
                visitor.pay(&order).await?;
                for status in ["processing", "shipped", "delivered"] {
                    let body = format!(r#"{{"status":"{status}"}}"#);
                    let path = format!("/orders/{order}/status");
                    admin.ask("PUT", &path, &body).await?.expect(200)?;
                }
                visitor.next();
            }
            Result::Ok(())
        }))
        .await?;
        Ok(())
    }
}

/// Makes a product; its id.
pub async fn product(seller: &mut Visitor, described: &Value) -> Result<String> {
    seller.ask("POST", "/products", &described.to_string()).await?.expect(201)?.made()
}

/// Orders so many units of a product that is not in the cart; for all to see what it answers.
pub fn order_of(product: &str, units: u32) -> String {
    order_body(&format!(r#","items":[{{"product_id":"{product}","quantity":{units}}}]"#))
}

fn describe(n: usize) -> Value {
    let (word, material) = (WORDS[n % WORDS.len()], MATERIALS[n % MATERIALS.len()]);
    json!({
        "name": format!("{material} {word} {n}"),
        "description": format!(
            "A {word} of {material}, made by hand; it lasts for years and is easy to look after."
        ),
        "price": format!("{}.90", 500 + n * 37 % 20_000),
        "quantity": 100_000_000,
        "category": CATEGORIES[n % CATEGORIES.len()],
    })
}
