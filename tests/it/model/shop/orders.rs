//! Orders of the trivial shop: what they cost, what they hold and take, and what they give back.

use serde_json::{Value, json};

use super::super::step::{Share, With};
use super::{Answer, Order, Shop, money};

const DELIVERY: i64 = 150_000;
/// From where to where an order goes, and each part of it.
const NEXT: [(&str, &str); 3] =
    [("confirmed", "processing"), ("processing", "shipped"), ("shipped", "delivered")];

/// Whether a part is there, or further on.
fn has_come(part: &str, to: &str) -> bool {
    part == to || NEXT.iter().any(|(from, next)| *from == to && has_come(part, next))
}

impl Order {
    fn due(&self) -> i64 {
        self.total - 100 * self.points - self.by_card
    }

    fn enter(&mut self, status: &'static str) {
        self.status = status;
        self.parts.values_mut().for_each(|part| *part = status);
    }

    /// Whether it has brought a buyer this product.
    pub(super) fn brought(&self, buyer: usize, product: usize) -> bool {
        self.buyer == buyer && self.parts.get(&product) == Some(&"delivered")
    }

    fn taken(&self) -> (i64, i64, i64) {
        let confirmed = !["pending", "cancelled"].contains(&self.status);
        if confirmed { (self.collected, self.by_card, 100 * self.points) } else { (0, 0, 0) }
    }

    pub fn shown(&self) -> Value {
        let over = ["cancelled", "refunded"].contains(&self.status);
        let paid = self.status != "pending" && (!self.cash || self.collected > 0);
        let due = if over || paid { 0 } else { self.due() };
        json!({
            "status": self.status, "subtotal": money(self.subtotal),
            "discount": money(self.discount), "gift_card_amount": money(self.by_card),
            "points_used": self.points, "points_earned": self.earned,
            "total_amount": money(self.total), "amount_due": money(due),
            "refunded_amount": money(self.refunded),
        })
    }
}

impl Shop {
    pub(super) fn order_cart(&mut self, at: usize, cash: bool) -> Answer {
        let buyer = self.buyers[at].clone();
        if buyer.lines.is_empty() {
            return Err(&["cart_empty"]);
        }
        let (promo, card, points) = (buyer.promo, buyer.card, buyer.noted_points);
        let placed =
            self.place(at, &buyer.lines, cash, Means { promo, card, points, exact: false })?;
        self.leave_cart(at);
        Ok(placed)
    }

    pub(super) fn place(
        &mut self,
        at: usize,
        lines: &[(usize, i64)],
        cash: bool,
        means: Means,
    ) -> Answer {
        let subtotal = self.cost(lines);
        let discount = if means.promo { self.off(subtotal)? } else { 0 };
        let goods = subtotal - discount;
        let most = goods / 200;
        if means.exact && means.points > most {
            return Err(&["points_limit"]);
        }
        let points = means.points.min(most);
        let offer = means.card.map(|amount| self.offered(amount)).transpose()?.unwrap_or(0);
        let total = goods + DELIVERY;
        let by_card = offer.min(total - 100 * points);
        for (product, units) in lines {
            let product = &mut self.products[*product];
            if *units > product.available {
                return Err(&["insufficient_stock"]);
            }
            product.available -= units;
        }
        self.uses += i64::from(means.promo);
        let buyer = &mut self.buyers[at];
        if points > buyer.points {
            return Err(&["insufficient_points"]);
        }
        (buyer.points, buyer.held) = (buyer.points - points, buyer.held + points);
        (self.on_card, self.held_of_card) = (self.on_card - by_card, self.held_of_card + by_card);
        self.orders.push(Order {
            buyer: at,
            lines: lines.to_vec(),
            status: "pending",
            parts: lines.iter().map(|(product, _)| (*product, "pending")).collect(),
            subtotal,
            discount,
            promo: means.promo,
            points,
            by_card,
            total,
            cash,
            collected: 0,
            earned: 0,
            unearned: 0,
            refunded: 0,
            refunded_card: 0,
            refunded_points: 0,
        });
        let order = self.orders.len() - 1;
        if cash || self.orders[order].due() == 0 {
            self.confirm(order);
        }
        Ok((201, self.orders[order].shown()))
    }

    /// What is held is taken, and points are earned.
    fn confirm(&mut self, at: usize) {
        let order = &mut self.orders[at];
        let buyer = &mut self.buyers[order.buyer];
        buyer.held -= order.points;
        self.held_of_card -= order.by_card;
        order.enter("confirmed");
        order.earned = (order.subtotal - order.discount - 100 * order.points) / 10_000;
        buyer.pending += order.earned;
    }

    pub(super) fn pay(&mut self, at: usize, declined: bool) -> Answer {
        let order = &mut self.orders[at];
        match order.status {
            _ if order.cash => return Err(&["payment_method_mismatch"]),
            "pending" => {}
            "cancelled" => return Err(&["invalid_transition"]),
            // The provider gives money back in its own time, and then the payment is no longer paid.
            _ if order.refunded > 0 => return Err(&["invalid_transition", "payment_completed"]),
            _ => return Err(&["payment_completed"]),
        }
        let amount = order.due();
        if declined {
            return Ok((201, json!({ "status": "failed", "amount": money(amount) })));
        }
        order.collected = amount;
        self.confirm(at);
        Ok((201, json!({ "status": "completed", "amount": money(amount) })))
    }

    pub(super) fn cancel(&mut self, at: usize) -> Answer {
        let order = &mut self.orders[at];
        if !["pending", "confirmed", "processing"].contains(&order.status) {
            return Err(&["invalid_transition"]);
        }
        if order.parts.values().any(|part| has_come(part, "shipped")) {
            return Err(&["partly_shipped"]);
        }
        order.parts.values_mut().for_each(|part| *part = "cancelled");
        for (product, units) in &order.lines {
            self.products[*product].available += units;
        }
        self.uses -= i64::from(order.promo);
        let buyer = &mut self.buyers[order.buyer];
        if order.status == "pending" {
            order.status = "cancelled";
            (buyer.held, buyer.points) = (buyer.held - order.points, buyer.points + order.points);
            self.held_of_card -= order.by_card;
            self.on_card += order.by_card;
        } else {
            let (collected, by_card, by_points) = order.taken();
            self.on_card += by_card;
            buyer.pending -= order.earned;
            buyer.restore(order.points);
            order.refunded = collected + by_card + by_points;
            order.status = if order.refunded == order.total { "refunded" } else { "cancelled" };
        }
        Ok((200, self.orders[at].shown()))
    }

    pub(super) fn advance(&mut self, at: usize, to: &'static str) -> Answer {
        let order = &mut self.orders[at];
        if !NEXT.contains(&(order.status, to)) {
            return Err(&["invalid_transition"]);
        }
        for part in order.parts.values_mut().filter(|part| NEXT.contains(&(**part, to))) {
            *part = to;
        }
        self.arrive(at, to);
        Ok((200, self.orders[at].shown()))
    }

    /// One seller's line moves, and the order with the last of them.
    pub(super) fn advance_part(&mut self, at: usize, product: usize, to: &'static str) -> Answer {
        let order = &mut self.orders[at];
        let Some(part) = order.parts.get_mut(&product) else { return Err(&["step_not_allowed"]) };
        if !NEXT.contains(&(*part, to)) {
            return Err(&["invalid_transition"]);
        }
        *part = to;
        if order.parts.values().all(|part| has_come(part, to)) {
            self.arrive(at, to);
        }
        Ok((200, json!({})))
    }

    fn arrive(&mut self, at: usize, to: &'static str) {
        let order = &mut self.orders[at];
        order.status = to;
        if to == "delivered" {
            let buyer = &mut self.buyers[order.buyer];
            buyer.pending -= order.earned;
            buyer.restore(order.earned);
            if order.cash {
                order.collected = order.due();
            }
        }
    }

    /// Money first, then the card, then whole points.
    pub(super) fn refund(&mut self, at: usize, amount: Option<i64>) -> Answer {
        let order = &mut self.orders[at];
        if order.status != "delivered" {
            return Err(&["invalid_transition"]);
        }
        let available = order.total - order.refunded;
        let everything = amount.is_none();
        let amount = amount.map_or(available, |amount| 100 * amount);
        if amount > available {
            return Err(&["refund_exceeds_paid"]);
        }
        if amount == available {
            order.status = "refunded";
        }
        if everything {
            // An amount says nothing of the goods.
            for (product, units) in &order.lines {
                self.products[*product].available += units;
            }
        }
        let money_left =
            order.collected - (order.refunded - order.refunded_card - order.refunded_points);
        let beyond_money = (amount - money_left).max(0);
        let to_card = beyond_money.min(order.by_card - order.refunded_card);
        let points_before = order.refunded_points / 100;
        order.refunded += amount;
        order.refunded_card += to_card;
        order.refunded_points += beyond_money - to_card;
        self.on_card += to_card;
        let buyer = &mut self.buyers[order.buyer];
        let kept = order.earned * (order.total - order.refunded) / order.total;
        let unearned = order.earned - kept - order.unearned;
        order.unearned += unearned;
        let had = unearned.min(buyer.points);
        (buyer.points, buyer.owed) = (buyer.points - had, buyer.owed + unearned - had);
        buyer.restore(order.refunded_points / 100 - points_before);
        Ok((200, self.orders[at].shown()))
    }

    pub(super) fn redeem(&mut self, at: usize, amount: i64) -> Answer {
        let order = &mut self.orders[at];
        if order.status != "pending" {
            return Err(&["invalid_transition"]);
        }
        if order.by_card > 0 {
            return Err(&["gift_card_already_applied"]);
        }
        // What is missing on the card shows first only where the order could take that much.
        if amount > order.due() {
            return Err(&["more_than_due"]);
        }
        if amount > self.on_card {
            return Err(&["insufficient_balance"]);
        }
        order.by_card = amount;
        self.on_card -= amount;
        self.held_of_card += amount;
        if order.due() == 0 {
            self.confirm(at);
        }
        Ok((200, self.orders[at].shown()))
    }
}

/// What an order is to be paid with besides money.
#[derive(Debug, Clone, Copy)]
pub(super) struct Means {
    promo: bool,
    card: Option<Share>,
    points: i64,
    /// More points than allowed are refused, rather than fewer used.
    exact: bool,
}

impl From<With> for Means {
    fn from(with: With) -> Self {
        Self {
            promo: with.promo,
            card: with.card.then_some(Share::All),
            points: with.points.unwrap_or(0),
            exact: with.points.is_some(),
        }
    }
}
