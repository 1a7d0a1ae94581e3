//! Which entries an event is booked with: pure arithmetic, from the event alone.
//!
//! What is held is not booked: a hold changes nothing of what is owed to anybody. The rules are
//! chosen so that each liability is what the aggregates say: `gift_card_liability` what is available
//! and held on all cards, `loyalty_liability` what is available and held on all accounts, less what
//! their holders owe. See `docs/adr/0015-journal.md`.

use super::Account;
use aggregates::gift_card::Event as CardEvent;
use aggregates::loyalty_account::Event as LoyaltyEvent;
use aggregates::order::{Booked, Event as OrderEvent};
use aggregates::{Currency, Fact, Money, OrderId, Points, UserId};

/// One side of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub account: Account,
    pub debit: Money,
    pub credit: Money,
}

/// What an event is booked with. Without lines where it moves no value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Booking {
    /// Lines of nothing are left out.
    pub lines: Vec<Line>,
    pub currency: Currency,
    pub order_id: Option<OrderId>,
    /// The customer, where the event names one.
    pub user_id: Option<UserId>,
    pub description: &'static str,
}

/// The amounts of an event contradict each other, or are more than an amount of money can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its amounts cannot be booked")]
pub struct Unbookable;

/// The entries of an event.
pub fn book(fact: &Fact) -> Result<Booking, Unbookable> {
    match fact {
        Fact::GiftCard(event) => Ok(card(event)),
        Fact::LoyaltyAccount(event) => loyalty(event),
        Fact::Order(event) => order(event),
        Fact::Account(_)
        | Fact::Artist(_)
        | Fact::Cart(_)
        | Fact::Payment(_)
        | Fact::Product(_)
        | Fact::Promotion(_)
        | Fact::PromotionUsage(_)
        | Fact::Review(_)
        | Fact::StockItem(_)
        | Fact::Webhook(_)
        | Fact::Wishlist(_) => Ok(Booking::default()),
    }
}

impl Booking {
    fn new(description: &'static str) -> Self {
        Self { description, ..Self::default() }
    }

    fn debit(mut self, account: Account, amount: Money) -> Self {
        if !amount.is_zero() {
            self.lines.push(Line { account, debit: amount, credit: Money::ZERO });
        }
        self
    }

    fn credit(mut self, account: Account, amount: Money) -> Self {
        if !amount.is_zero() {
            self.lines.push(Line { account, debit: Money::ZERO, credit: amount });
        }
        self
    }

    /// One amount from an account to another.
    fn moved(self, amount: Money, debit: Account, credit: Account) -> Self {
        self.debit(debit, amount).credit(credit, amount)
    }

    fn of_order(self, order_id: OrderId) -> Self {
        Self { order_id: Some(order_id), ..self }
    }

    fn of_user(self, user_id: Option<UserId>) -> Self {
        Self { user_id, ..self }
    }

    /// Whether the debits are the credits.
    pub fn is_balanced(&self) -> bool {
        let sum = |side: fn(&Line) -> Money| Money::checked_sum(self.lines.iter().map(side));
        sum(|line| line.debit).is_some_and(|debit| sum(|line| line.credit) == Some(debit))
    }
}

fn card(event: &CardEvent) -> Booking {
    use Account::{CashClearing, Discounts, GiftCardBreakage, GiftCardLiability};
    match event {
        CardEvent::Issued { amount, currency, buyer, payment_id, .. } => {
            let (source, description) = match payment_id {
                Some(_) => (CashClearing, "gift card sold"),
                None => (Discounts, "gift card given away"),
            };
            let booking = Booking { currency: *currency, ..Booking::new(description) };
            booking.moved(*amount, source, GiftCardLiability).of_user(*buyer)
        }
        CardEvent::Captured { order_id, amount, .. } => Booking::new("gift card pays an order")
            .moved(*amount, GiftCardLiability, CashClearing)
            .of_order(*order_id),
        CardEvent::CreditedBack { order_id, amount, .. } => Booking::new("refund to a gift card")
            .moved(*amount, CashClearing, GiftCardLiability)
            .of_order(*order_id),
        CardEvent::Expired { amount, .. } => {
            Booking::new("gift card expired").moved(*amount, GiftCardLiability, GiftCardBreakage)
        }
        CardEvent::Requested { .. }
        | CardEvent::Withdrawn { .. }
        | CardEvent::Held { .. }
        | CardEvent::Voided { .. }
        | CardEvent::Disabled { .. }
        | CardEvent::Reissued { .. } => Booking::default(),
    }
}

fn loyalty(event: &LoyaltyEvent) -> Result<Booking, Unbookable> {
    use Account::{CashClearing, LoyaltyExpense, LoyaltyLiability};
    let booking = match event {
        // Those that repay a debt too: it was booked against the liability when it arose.
        LoyaltyEvent::Activated { order_id, points, .. } => Booking::new("points can be spent")
            .moved(points.value(), LoyaltyExpense, LoyaltyLiability)
            .of_order(*order_id),
        LoyaltyEvent::Spent { order_id, points, .. } => Booking::new("points pay an order")
            .moved(points.value(), LoyaltyLiability, CashClearing)
            .of_order(*order_id),
        LoyaltyEvent::Restored { order_id, points, .. } => Booking::new("refund in points")
            .moved(points.value(), CashClearing, LoyaltyLiability)
            .of_order(*order_id),
        // Pending points were never booked.
        LoyaltyEvent::Reversed { order_id, lots, owed, .. } => {
            let taken = lots.iter().try_fold(*owed, |sum, part| sum.checked_add(part.points));
            let taken: Points = taken.ok_or(Unbookable)?;
            Booking::new("points of a refunded order")
                .moved(taken.value(), LoyaltyLiability, LoyaltyExpense)
                .of_order(*order_id)
        }
        LoyaltyEvent::Expired { points, .. } => {
            Booking::new("points expired").moved(points.value(), LoyaltyLiability, LoyaltyExpense)
        }
        LoyaltyEvent::Earned { .. }
        | LoyaltyEvent::Held { .. }
        | LoyaltyEvent::Released { .. }
        | LoyaltyEvent::ExpiryAnnounced { .. }
        | LoyaltyEvent::TierChanged { .. }
        | LoyaltyEvent::GraceStarted { .. }
        | LoyaltyEvent::GraceEnded { .. } => Booking::default(),
    };
    Ok(booking)
}

fn order(event: &OrderEvent) -> Result<Booking, Unbookable> {
    use Account::{CashClearing, DeliveryIncome, Discounts, Refunds, Sales};
    let booking = match event {
        OrderEvent::Confirmed { booked: Some(booked), .. } => {
            let Booked { subtotal, discount, delivery_cost } = *booked;
            let goods = subtotal.checked_sub(discount).ok_or(Unbookable)?;
            let total = goods.checked_add(delivery_cost).ok_or(Unbookable)?;
            Booking::new("order confirmed")
                .debit(CashClearing, total)
                .debit(Discounts, discount)
                .credit(Sales, subtotal)
                .credit(DeliveryIncome, delivery_cost)
        }
        OrderEvent::Refunded { amount, .. } => {
            Booking::new("order refunded").moved(*amount, Refunds, CashClearing)
        }
        OrderEvent::Cancelled { uncollected, .. } => Booking::new(
            "order cancelled before it was paid for",
        )
        .moved(*uncollected, Refunds, CashClearing),
        OrderEvent::Confirmed { booked: None, .. }
        | OrderEvent::Placed { .. }
        | OrderEvent::PaymentReopened { .. }
        | OrderEvent::GiftCardApplied { .. }
        | OrderEvent::ProcessingStarted { .. }
        | OrderEvent::Shipped { .. }
        | OrderEvent::FulfilmentProcessingStarted { .. }
        | OrderEvent::FulfilmentShipped { .. }
        | OrderEvent::FulfilmentDelivered { .. }
        | OrderEvent::Delivered { .. } => Booking::default(),
    };
    Ok(booking)
}
