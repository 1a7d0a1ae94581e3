//! The clients of the shop: each is one connection, on which several customers take turns. They do
//! what people do, one request after the other.

use crate::Result;
use crate::http::{Answer, Connection, request};
use crate::market::Market;
use hdrhistogram::Histogram;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

/// Products that one customer chooses from.
const FAVOURITES: usize = 5;

pub struct Customer {
    pub id: Uuid,
    pub authorization: String,
    /// Codes of gift cards that were not used yet.
    pub cards: Vec<String>,
}

pub struct Visitor {
    connection: Connection,
    pub customers: Vec<Customer>,
    /// Whose turn it is.
    now: usize,
    number: usize,
    random: u64,
    preference: &'static str,
    /// How long placing an order took, and paying it, in microseconds.
    pub steps: [Histogram<u64>; 2],
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Visitors(Arc<Vec<Mutex<Visitor>>>);

/// What an order is paid with beside money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    Money,
    /// Also with a promotion, a gift card and points.
    All,
}

impl Visitors {
    pub fn new(visitors: Vec<Visitor>) -> Self {
        Self(Arc::new(visitors.into_iter().map(Mutex::new).collect()))
    }

    /// The visitor of a client, who is never asked twice at once.
    pub async fn of(&self, client: usize) -> MutexGuard<'_, Visitor> {
        self.0[client % self.0.len()].lock().await
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl Visitor {
    pub fn new(
        address: SocketAddr,
        number: usize,
        customers: Vec<Customer>,
        preference: &'static str,
    ) -> Self {
        // Three digits of any value there is: creating it cannot fail.
        let latency =
            || Histogram::new(3).unwrap_or_else(|_| unreachable!("three digits are allowed"));
        Self {
            connection: Connection::new(address),
            customers,
            now: 0,
            number,
            random: 0x9e37_79b9_7f4a_7c15 ^ (number as u64 + 1),
            preference,
            steps: [latency(), latency()],
        }
    }

    pub async fn open(&mut self) -> Result<()> {
        self.connection.open().await
    }

    /// A number below `size`; the same sequence in each run (xorshift).
    pub fn pick(&mut self, size: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random % size.max(1) as u64).unwrap_or_default()
    }

    /// The next customer takes their turn.
    pub fn next(&mut self) {
        self.now = (self.now + 1) % self.customers.len().max(1);
    }

    /// Whose turn it is.
    pub fn turn(&self) -> usize {
        self.now
    }

    pub fn customer(&mut self) -> &mut Customer {
        &mut self.customers[self.now]
    }

    /// A request of the customer whose turn it is.
    pub async fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<Answer> {
        let authorization = &self.customers[self.now].authorization;
        let preference = if method == "GET" { "" } else { self.preference };
        self.connection.send(&request(method, path, authorization, preference, body)).await
    }

    /// A request of anybody.
    pub async fn look(&mut self, path: &str) -> Result<Answer> {
        self.connection.send(&request("GET", path, "", "", "")).await?.expect(200)
    }

    /// Bytes as they are.
    pub async fn send(&mut self, request: &[u8]) -> Result<Answer> {
        self.connection.send(request).await
    }

    pub async fn add(&mut self, product: &str) -> Result<Answer> {
        let body = format!(r#"{{"product_id":"{product}","quantity":1}}"#);
        self.ask("POST", "/cart/items", &body).await?.expect(201)
    }

    /// One more unit of one of few products, into the cart of the next customer.
    pub async fn add_favourite(&mut self, market: &Market) -> Result<Answer> {
        self.next();
        let first = (self.number * self.customers.len() + self.now) * FAVOURITES;
        let product = first + self.pick(FAVOURITES);
        self.add(&market.products[product % market.products.len()]).await
    }

    /// From an empty cart to a confirmed order of three lines, paid by card: five requests.
    pub async fn check_out(&mut self, market: &Market, means: Means) -> Result<()> {
        self.next();
        let first = self.pick(market.products.len());
        for line in 0..3 {
            // Far apart: each line is another product.
            let product = (first + line * 7) % market.products.len();
            self.add(&market.products[product]).await?;
        }
        let with = match means {
            Means::Money => String::new(),
            Means::All => {
                let card = match self.customer().cards.pop() {
                    Some(card) => card,
                    None => market.card(self).await?,
                };
                let promo = &market.promo;
                format!(r#","promo_code":"{promo}","gift_card_code":"{card}","points":10"#)
            }
        };
        let began = Instant::now();
        let order = self.place(&with).await?;
        self.note(0, began);
        let began = Instant::now();
        self.pay(&order).await?;
        self.note(1, began);
        Ok(())
    }

    /// Orders the cart; `with` are further members of the body.
    pub async fn place(&mut self, with: &str) -> Result<String> {
        self.ask("POST", "/orders", &order_body(with)).await?.expect(201)?.made()
    }

    pub async fn pay(&mut self, order: &str) -> Result<()> {
        let body =
            format!(r#"{{"order_id":"{order}","payment_method":"card","card_token":"tok_ok"}}"#);
        let answer = self.ask("POST", "/payments", &body).await?.expect(201)?;
        let paid = String::from_utf8_lossy(&answer.body).contains(r#""completed""#);
        if paid { Ok(()) } else { Err("the payment is not completed".into()) }
    }

    fn note(&mut self, step: usize, began: Instant) {
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        // It grows by itself, so that every value has its place.
        let _ = self.steps[step].record(micros);
    }
}

/// An order of the cart, or of what `with` names.
pub fn order_body(with: &str) -> String {
    format!(
        r#"{{"delivery_method":"standard","delivery_address":"Almaty, Abay 1","phone":"+7 700 000 00 00","payment_method":"card"{with}}}"#
    )
}
