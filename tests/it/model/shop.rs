//! The trivial shop: plain numbers, one command after another. It says what the server must answer. Money
//! is counted in minor units.

mod community;
mod orders;

use std::collections::{BTreeMap, BTreeSet};

use community::Review;
use serde_json::{Value, json};

use super::step::{Share, Step};

pub const DISCOUNT: i64 = 12_345;
pub const USES: i64 = 3;

#[derive(Debug, Clone)]
pub struct Product {
    pub price: i64,
    pub available: i64,
}

#[derive(Debug, Clone, Default)]
pub struct Buyer {
    /// Product and units.
    pub lines: Vec<(usize, i64)>,
    promo: bool,
    card: Option<Share>,
    noted_points: i64,
    pub points: i64,
    pub pending: i64,
    pub held: i64,
    pub owed: i64,
    pub wishes: BTreeSet<usize>,
}

/// An order; the rest of it is in `orders.rs`.
#[derive(Debug, Clone)]
pub struct Order {
    pub buyer: usize,
    lines: Vec<(usize, i64)>,
    pub status: &'static str,
    /// How far each line has come, for each product has a seller of its own.
    parts: BTreeMap<usize, &'static str>,
    subtotal: i64,
    discount: i64,
    promo: bool,
    pub points: i64,
    pub by_card: i64,
    total: i64,
    pub cash: bool,
    /// Money that was taken.
    collected: i64,
    earned: i64,
    unearned: i64,
    pub refunded: i64,
    refunded_card: i64,
    refunded_points: i64,
}

/// What the server must say.
#[derive(Debug, Clone)]
pub enum Said {
    Ok(u16, Value),
    Refused(u16, &'static [&'static str]),
}

#[derive(Debug, Clone)]
pub struct Shop {
    pub products: [Product; 2],
    pub on_card: i64,
    pub held_of_card: i64,
    /// Of the promotion.
    pub uses: i64,
    pub buyers: [Buyer; 2],
    pub orders: Vec<Order>,
    /// By their authors and products.
    reviews: BTreeMap<(usize, usize), Review>,
    promo_paused: bool,
    spare_archived: bool,
}

pub fn money(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn refused(code: &'static [&'static str]) -> Said {
    let status = match code[0] {
        "cart_item_not_found"
        | "review_not_found"
        | "wishlist_item_not_found"
        | "product_not_found" => 404,
        "not_a_buyer" | "step_not_allowed" => 403,
        "cart_empty"
        | "points_limit"
        | "promo_not_applicable"
        | "more_than_due"
        | "payment_method_mismatch"
        | "refund_exceeds_paid" => 422,
        _ => 409,
    };
    Said::Refused(status, code)
}

/// What the server must say, or one of which codes it must refuse with.
type Answer = Result<(u16, Value), &'static [&'static str]>;

impl Shop {
    pub fn new(prices: [i64; 2], stock: [i64; 2], on_card: i64) -> Self {
        let product = |at: usize| Product { price: prices[at], available: stock[at] };
        Self {
            products: [product(0), product(1)],
            on_card,
            held_of_card: 0,
            uses: 0,
            buyers: [Buyer::default(), Buyer::default()],
            orders: Vec::new(),
            reviews: BTreeMap::new(),
            promo_paused: false,
            spare_archived: false,
        }
    }

    /// Does the step; says what the server must answer. `None` where there is no such order.
    pub fn step(&mut self, step: &Step) -> Option<Said> {
        let before = self.clone();
        let answer = match step.clone() {
            Step::Add { buyer, product, units } => {
                let more = self.units(buyer, product) + units;
                self.put(buyer, product, more).map(|()| self.cart(buyer, 201))
            }
            Step::SetUnits { buyer, product, units } => match self.units(buyer, product) {
                0 => Err(&["cart_item_not_found"][..]),
                _ => self.put(buyer, product, units).map(|()| self.cart(buyer, 200)),
            },
            Step::TakeOut { buyer, product } => self.take_out(buyer, product),
            Step::Empty { buyer } => {
                self.leave_cart(buyer);
                Ok(self.cart(buyer, 200))
            }
            Step::NotePromo { buyer, wanted } => self.note_promo(buyer, wanted),
            Step::NoteCard { buyer, amount } => self.note_card(buyer, amount),
            Step::NotePoints { buyer, points } => self.note_points(buyer, points),
            Step::Order { buyer, cash } => self.order_cart(buyer, cash),
            Step::OrderItem { buyer, product, units, cash, with } => {
                self.place(buyer, &[(product, units)], cash, with.into())
            }
            Step::Stock { product, units } => {
                self.products[product].available = units;
                Ok((200, json!({ "quantity": units })))
            }
            Step::Price { product, price } => {
                self.products[product].price = 100 * price;
                Ok((200, json!({ "price": money(100 * price) })))
            }
            Step::Pay { .. }
            | Step::Cancel { .. }
            | Step::Advance { .. }
            | Step::Refund { .. }
            | Step::Redeem { .. }
            | Step::AdvancePart { .. }
                if self.orders.is_empty() =>
            {
                return None;
            }
            Step::Pay { order, declined } => self.pay(order % self.orders.len(), declined),
            Step::Cancel { order } => self.cancel(order % self.orders.len()),
            Step::Advance { order, to } => self.advance(order % self.orders.len(), to),
            Step::Refund { order, amount } => self.refund(order % self.orders.len(), amount),
            Step::AdvancePart { order, product, to } => {
                self.advance_part(order % self.orders.len(), product, to)
            }
            Step::Review { buyer, product, rating } => self.review(buyer, product, rating),
            Step::EditReview { buyer, product, .. }
            | Step::Moderate { buyer, product, .. }
            | Step::DeleteReview { buyer, product }
                if !self.reviews.contains_key(&(buyer, product)) =>
            {
                return None;
            }
            Step::EditReview { buyer, product, rating } => self.edit_review(buyer, product, rating),
            Step::Moderate { buyer, product, publish } => self.moderate(buyer, product, publish),
            Step::DeleteReview { buyer, product } => self.delete_review(buyer, product),
            Step::Wish { buyer, product, wanted } => self.wish(buyer, product, wanted),
            Step::Pause { paused } => {
                self.promo_paused = paused;
                Ok((200, json!({})))
            }
            Step::BuyCard { amount, .. } => {
                Ok((201, json!({ "balance": money(100 * amount), "status": "active" })))
            }
            Step::Archive => self.archive_spare(),
            Step::Redeem { order, amount } => self.redeem(order % self.orders.len(), 100 * amount),
        };
        Some(match answer {
            Ok((status, body)) => Said::Ok(status, body),
            // All or nothing.
            Err(codes) => {
                *self = before;
                refused(codes)
            }
        })
    }

    fn units(&self, buyer: usize, product: usize) -> i64 {
        let lines = &self.buyers[buyer].lines;
        lines.iter().find(|(of, _)| *of == product).map_or(0, |(_, units)| *units)
    }

    fn put(
        &mut self,
        buyer: usize,
        product: usize,
        units: i64,
    ) -> Result<(), &'static [&'static str]> {
        if units > self.products[product].available {
            return Err(&["insufficient_stock"]);
        }
        let lines = &mut self.buyers[buyer].lines;
        match lines.iter_mut().find(|(of, _)| *of == product) {
            Some(line) => line.1 = units,
            None => lines.push((product, units)),
        }
        Ok(())
    }

    fn take_out(&mut self, buyer: usize, product: usize) -> Answer {
        if self.units(buyer, product) == 0 {
            return Err(&["cart_item_not_found"]);
        }
        self.buyers[buyer].lines.retain(|(of, _)| *of != product);
        Ok(self.cart(buyer, 200))
    }

    fn leave_cart(&mut self, buyer: usize) {
        let buyer = &mut self.buyers[buyer];
        buyer.lines.clear();
        (buyer.promo, buyer.card, buyer.noted_points) = (false, None, 0);
    }

    fn cost(&self, lines: &[(usize, i64)]) -> i64 {
        lines.iter().map(|(product, units)| self.products[*product].price * units).sum()
    }

    fn archive_spare(&mut self) -> Answer {
        if self.spare_archived {
            return Err(&["product_not_found"]);
        }
        self.spare_archived = true;
        Ok((204, json!({})))
    }

    /// What the promotion takes off goods of this cost, if it can be used.
    fn off(&self, cost: i64) -> Result<i64, &'static [&'static str]> {
        match cost {
            _ if self.promo_paused => Err(&["promo_not_started"]),
            0 => Err(&["promo_not_applicable"]),
            _ if self.uses >= USES => Err(&["promo_limit_reached"]),
            cost => Ok(DISCOUNT.min(cost)),
        }
    }

    /// The cart as it shows: what would be refused by an order counts as nothing.
    pub fn shown_cart(&self, at: usize) -> Value {
        let buyer = &self.buyers[at];
        let subtotal = self.cost(&buyer.lines);
        let discount = if buyer.promo { self.off(subtotal).unwrap_or(0) } else { 0 };
        let goods = subtotal - discount;
        let points = buyer.noted_points.min(buyer.points).min(goods / 200);
        let offer = buyer.card.map_or(0, |share| share.of(self.on_card).min(self.on_card));
        let due = goods - 100 * points - offer.min(goods - 100 * points);
        json!({
            "subtotal": money(subtotal), "discount": money(discount), "total": money(goods),
            "amount_due": money(due),
        })
    }

    fn cart(&self, at: usize, status: u16) -> (u16, Value) {
        (status, self.shown_cart(at))
    }

    fn note_promo(&mut self, buyer: usize, wanted: bool) -> Answer {
        if wanted {
            self.off(self.cost(&self.buyers[buyer].lines))?;
        }
        self.buyers[buyer].promo = wanted;
        Ok(self.cart(buyer, 200))
    }

    fn note_card(&mut self, buyer: usize, amount: Option<Share>) -> Answer {
        let minor = |share| match share {
            Share::All => Share::All,
            Share::Part(amount) => Share::Part(100 * amount),
        };
        let noted = amount.map(minor);
        if let Some(amount) = noted {
            self.offered(amount)?;
        }
        self.buyers[buyer].card = noted;
        Ok(self.cart(buyer, 200))
    }

    /// What the card offers: so much, or all.
    fn offered(&self, amount: Share) -> Result<i64, &'static [&'static str]> {
        let offered = amount.of(self.on_card);
        let enough = self.on_card > 0 && offered <= self.on_card;
        if enough { Ok(offered) } else { Err(&["insufficient_balance"]) }
    }

    fn note_points(&mut self, at: usize, points: Option<i64>) -> Answer {
        let (points, buyer) = (points.unwrap_or(0), &self.buyers[at]);
        if points > buyer.points {
            return Err(&["insufficient_points"]);
        }
        let cost = self.cost(&buyer.lines);
        let off = if buyer.promo { self.off(cost).unwrap_or(0) } else { 0 };
        if points > 0 && cost > 0 && points > (cost - off) / 200 {
            return Err(&["points_limit"]);
        }
        self.buyers[at].noted_points = points;
        Ok(self.cart(at, 200))
    }
}

impl Buyer {
    /// Points that can be spent from now on; what is owed takes its part.
    fn restore(&mut self, points: i64) {
        let repaid = points.min(self.owed);
        (self.owed, self.points) = (self.owed - repaid, self.points + points - repaid);
    }
}
