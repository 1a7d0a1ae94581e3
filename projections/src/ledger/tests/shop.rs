//! A small shop without IO: what `src/checkout` appends together, decided by the aggregates and
//! booked event by event.

use super::super::{Account, book};
use crate::testing::at;
use aggregates::gift_card::{self, CodeHash, NewCode};
use aggregates::loyalty_account::{self, Programme};
use aggregates::order::{
    self, Actor, CancelReason, CardPart, DeliveryMethod, NewLine, PaymentMethod, Taken,
};
use aggregates::{
    Currency, Decider, Fact, GiftCard, GiftCardId, LoyaltyAccount, Money, Order, OrderId,
    PaymentId, Points, ProductId, Quantity, RefundId, UserId,
};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A refusal of any of the aggregates: the step did not happen.
pub type Step = Result<(), String>;

#[derive(Debug, Clone, Default)]
pub struct Shop {
    pub cards: Vec<GiftCard>,
    pub accounts: BTreeMap<u128, LoyaltyAccount>,
    pub orders: Vec<Order>,
    pub journal: BTreeMap<Account, Decimal>,
    /// What cards were sold for.
    pub sold: Decimal,
    pub now: i64,
    /// What each confirmed order's payment took.
    collected: BTreeMap<usize, Money>,
    refunds: u128,
}

/// What somebody orders, and with what they pay.
#[derive(Debug, Clone)]
pub struct Wish {
    pub user: u128,
    pub price: Money,
    pub discount: Money,
    pub delivery_cost: Money,
    pub points: Points,
    pub card: Option<(usize, Money)>,
}

fn err(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn by() -> String {
    "checkout".to_owned()
}

fn order_id(order: usize) -> OrderId {
    OrderId::new(Uuid::from_u128(0x1000 + u128::try_from(order).unwrap()))
}

fn card_id(card: usize) -> GiftCardId {
    GiftCardId::new(Uuid::from_u128(0x2000 + u128::try_from(card).unwrap()))
}

fn payment_id(order: usize) -> PaymentId {
    PaymentId::new(Uuid::from_u128(0x3000 + u128::try_from(order).unwrap()))
}

fn code() -> CodeHash {
    CodeHash::new("aa")
}

impl Shop {
    pub fn at(&self) -> DateTime<Utc> {
        at(self.now)
    }

    fn record(&mut self, fact: &Fact) {
        let booking = book(fact).unwrap();
        assert!(booking.is_balanced(), "{booking:?} of {fact:?}");
        for line in booking.lines {
            *self.journal.entry(line.account).or_default() +=
                line.debit.decimal() - line.credit.decimal();
        }
    }

    fn card(&mut self, card: usize, command: gift_card::Command) -> Step {
        let state = self.cards.get(card).cloned().ok_or("no such card")?;
        let events = state.decide(command).map_err(err)?;
        self.cards[card] = events.iter().fold(state, GiftCard::evolve);
        for event in events {
            self.record(&Fact::GiftCard(event));
        }
        Ok(())
    }

    fn account(&mut self, user: u128, command: loyalty_account::Command) -> Step {
        let state = self.accounts.get(&user).cloned().unwrap_or_default();
        let events = state.decide(command).map_err(err)?;
        self.accounts.insert(user, events.iter().fold(state, LoyaltyAccount::evolve));
        for event in events {
            self.record(&Fact::LoyaltyAccount(event));
        }
        Ok(())
    }

    fn order(
        &mut self,
        order: usize,
        command: order::Command,
    ) -> Result<Vec<order::Event>, String> {
        let state = self.orders.get(order).cloned().ok_or("no such order")?;
        let events = state.decide(command).map_err(err)?;
        self.orders[order] = events.iter().fold(state, Order::evolve);
        for event in &events {
            self.record(&Fact::Order(event.clone()));
        }
        Ok(events)
    }

    pub fn issue(&mut self, amount: Money, paid: bool) -> Step {
        let (at, by, currency) = (self.at(), by(), Currency::KZT);
        let expires_at = at + TimeDelta::days(90);
        let code = NewCode { hash: code(), hint: "1234".to_owned() };
        let card = self.cards.len();
        self.cards.push(GiftCard::default());
        if !paid {
            let issue = gift_card::Command::Issue { code, amount, currency, expires_at, at, by };
            return self.card(card, issue);
        }
        let (buyer, payment_id) = (UserId::new(Uuid::from_u128(9)), payment_id(9));
        let request = gift_card::Command::Request {
            code,
            amount,
            currency,
            buyer,
            payment_id,
            expires_at,
            at,
        };
        self.card(card, request)?;
        self.card(card, gift_card::Command::Pay { at, by })?;
        self.sold += amount.decimal();
        Ok(())
    }

    pub fn place(&mut self, wish: &Wish) -> Step {
        let (order, at) = (self.orders.len(), self.at());
        let (order_id, expires_at) = (order_id(order), at + TimeDelta::minutes(15));
        self.orders.push(Order::default());
        let gift_card =
            wish.card.map(|(card, amount)| CardPart { gift_card_id: card_id(card), amount });
        let line = NewLine {
            product_id: ProductId::new(Uuid::from_u128(7)),
            seller_id: UserId::new(Uuid::from_u128(8)),
            name: "Lamp".to_owned(),
            quantity: Quantity::ONE,
            price: wish.price,
            discount: wish.discount,
        };
        let place = order::Command::Place {
            number: "L-1".to_owned(),
            user_id: UserId::new(Uuid::from_u128(wish.user)),
            cart_id: None,
            lines: vec![line],
            currency: Currency::KZT,
            delivery_method: DeliveryMethod::Standard,
            delivery_cost: wish.delivery_cost,
            promo_code: None,
            points: wish.points,
            gift_card,
            payment_method: PaymentMethod::Card,
            payment_id: payment_id(order),
            expires_at,
            at,
        };
        self.order(order, place)?;
        if !wish.points.is_zero() {
            let (points, by) = (wish.points, by());
            let hold = loyalty_account::Command::Hold { order_id, points, expires_at, at, by };
            self.account(wish.user, hold)?;
        }
        if let Some((card, amount)) = wish.card {
            let (code_hash, by) = (code(), by());
            let hold = gift_card::Command::Hold { code_hash, order_id, amount, expires_at, at, by };
            self.card(card, hold)?;
        }
        Ok(())
    }

    fn details(&self, order: usize) -> Result<order::Details, String> {
        self.orders.get(order).and_then(Order::details).cloned().ok_or("no such order".to_owned())
    }

    fn card_of(details: &order::Details) -> Option<usize> {
        let part = details.gift_card?;
        usize::try_from(part.gift_card_id.uuid().as_u128() - 0x2000).ok()
    }

    pub fn confirm(&mut self, order: usize) -> Step {
        let (details, at, order_id) = (self.details(order)?, self.at(), order_id(order));
        let user = details.user_id.uuid().as_u128();
        let (points_earned, by_system) = (Points::ZERO, Actor::System);
        self.collected.insert(order, details.amount_due());
        self.order(order, order::Command::Confirm { points_earned, at, by: by_system })?;
        if !details.points.is_zero() {
            self.account(user, loyalty_account::Command::Spend { order_id, at, by: by() })?;
        }
        if let Some(card) = Self::card_of(&details) {
            self.card(card, gift_card::Command::Capture { order_id, at, by: by() })?;
        }
        let (spend, programme) = (details.spend(), Programme::default());
        self.account(
            user,
            loyalty_account::Command::Earn { order_id, spend, programme, at, by: by() },
        )
    }

    pub fn deliver(&mut self, order: usize) -> Step {
        let (details, at, by_admin) = (self.details(order)?, self.at(), Actor::Admin);
        self.order(order, order::Command::StartProcessing { at, by: by_admin })?;
        let tracking_number = "T-1".to_owned();
        self.order(order, order::Command::Ship { tracking_number, at, by: by_admin })?;
        self.order(order, order::Command::Deliver { at, by: by_admin })?;
        let (order_id, programme) = (order_id(order), Programme::default());
        let activate = loyalty_account::Command::Activate { order_id, programme, at, by: by() };
        self.account(details.user_id.uuid().as_u128(), activate)
    }

    /// Before the confirmation its holds are freed, after it all is given back, but the money where
    /// none was taken.
    pub fn cancel(&mut self, order: usize, collected: bool) -> Step {
        let (details, at, order_id) = (self.details(order)?, self.at(), order_id(order));
        let pending = self.orders[order].status() == Some(order::Status::Pending);
        if !collected {
            self.collected.remove(&order);
        }
        let money = self.collected.get(&order).copied().unwrap_or_default();
        let reason = CancelReason::ByCustomer;
        let cancel = order::Command::Cancel { reason, collected: money, at, by: Actor::System };
        self.order(order, cancel)?;
        let user = details.user_id.uuid().as_u128();
        if !pending {
            let taken =
                Taken { money, gift_card: details.gift_card_amount(), points: details.points };
            if taken.total().is_zero() {
                return self.reverse(order, &details, details.total_amount);
            }
            return self.refund(order, None, taken);
        }
        if !details.points.is_zero() {
            self.account(user, loyalty_account::Command::Release { order_id, at, by: by() })?;
        }
        if let Some(card) = Self::card_of(&details) {
            self.card(card, gift_card::Command::Void { order_id, at, by: by() })?;
            self.card(card, gift_card::Command::Expire { at, by: by() })?;
        }
        Ok(())
    }

    fn reverse(&mut self, order: usize, details: &order::Details, refunded: Money) -> Step {
        let (order_id, total, at) = (order_id(order), details.total_amount, self.at());
        let refund_id = RefundId::new(Uuid::from_u128(self.refunds));
        let reverse = loyalty_account::Command::Reverse {
            order_id,
            refund_id,
            refunded,
            total,
            at,
            by: by(),
        };
        self.account(details.user_id.uuid().as_u128(), reverse)
    }

    pub fn give_back(&mut self, order: usize, amount: Option<Money>) -> Step {
        let details = self.details(order)?;
        let confirmed =
            details.history.iter().any(|entry| entry.status == order::Status::Confirmed);
        if !confirmed {
            return Err("nothing was taken".to_owned());
        }
        let money = self.collected.get(&order).copied().unwrap_or_default();
        let gift_card = details.gift_card_amount();
        self.refund(order, amount, Taken { money, gift_card, points: details.points })
    }

    fn refund(&mut self, order: usize, amount: Option<Money>, taken: Taken) -> Step {
        self.refunds += 1;
        let (at, order_id) = (self.at(), order_id(order));
        let refund_id = RefundId::new(Uuid::from_u128(self.refunds));
        let (lines, reason, actor) = (None, "broken".to_owned(), Actor::System);
        let refund =
            order::Command::Refund { refund_id, lines, amount, taken, reason, at, by: actor };
        let events = self.order(order, refund)?;
        let details = self.details(order)?;
        for event in events {
            let order::Event::Refunded { gift_card, points, .. } = event else { continue };
            if let (Some(card), false) = (Self::card_of(&details), gift_card.is_zero()) {
                let (amount, valid_until) = (gift_card, at + TimeDelta::days(30));
                let by = by();
                self.card(
                    card,
                    gift_card::Command::CreditBack {
                        order_id,
                        refund_id,
                        amount,
                        valid_until,
                        at,
                        by,
                    },
                )?;
            }
            self.reverse(order, &details, details.refunded)?;
            if !points.is_zero() {
                let (programme, by) = (Programme::default(), by());
                let restore = loyalty_account::Command::Restore {
                    order_id,
                    refund_id,
                    points,
                    programme,
                    at,
                    by,
                };
                self.account(details.user_id.uuid().as_u128(), restore)?;
            }
        }
        Ok(())
    }

    /// Time passes: what is over expires.
    pub fn wait(&mut self, seconds: i64) -> Step {
        self.now += seconds;
        let at = self.at();
        for card in 0..self.cards.len() {
            // One that was never issued has nothing to expire.
            let _ = self.card(card, gift_card::Command::Expire { at, by: by() });
        }
        for user in self.accounts.keys().copied().collect::<Vec<_>>() {
            self.account(user, loyalty_account::Command::Expire { at, by: by() })?;
        }
        Ok(())
    }
}
