//! What a gift card remembers, and what each event changes of it. Holds no rule.

use super::{CodeHash, Event, GiftCard};
use crate::{Currency, Money, OrderId, PaymentId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What is known of a gift card.
///
/// Law: `issued = available + held() + redeemed + expired`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    pub code_hash: CodeHash,
    /// The last symbols of the code.
    pub hint: String,
    pub currency: Currency,
    pub buyer: Option<UserId>,
    pub payment_id: Option<PaymentId>,
    /// The amount it was made with; counts as issued once the card can be spent.
    pub initial_amount: Money,
    pub issued: Money,
    /// What can still be set aside for an order.
    pub available: Money,
    /// What orders that are not settled have set aside.
    pub holds: BTreeMap<OrderId, Money>,
    /// What orders have taken and not given back.
    pub taken: BTreeMap<OrderId, Money>,
    pub redeemed: Money,
    pub expired: Money,
    pub expires_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// How a gift card shows to the outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being paid for.
    Pending,
    Active,
    Disabled,
    Expired,
    /// Nothing is left of it.
    Used,
    /// Never paid for.
    Withdrawn,
}

impl Status {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Used => "used",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Details {
    pub fn held(&self) -> Money {
        Money::checked_sum(self.holds.values().copied()).unwrap_or(Money::MAX)
    }

    /// What is still owed to the holder: available and held together.
    pub fn balance(&self) -> Money {
        self.available.checked_add(self.held()).unwrap_or(Money::MAX)
    }

    /// Until when the card is valid if it is paid for at a moment: not less than planned, and as
    /// long as it was bought for where its time would be up already.
    pub(super) fn valid_if_paid(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        if !self.has_expired(at) {
            return self.expires_at;
        }
        let lifetime = self.expires_at - self.created_at;
        at.checked_add_signed(lifetime).unwrap_or(self.expires_at)
    }

    pub(super) fn has_expired(&self, at: DateTime<Utc>) -> bool {
        at >= self.expires_at
    }
}

impl GiftCard {
    pub(super) fn after(self, event: &Event) -> Self {
        match event {
            Event::Requested { .. } => match Details::begun(event) {
                Some(card) => Self::Requested(card),
                None => self,
            },
            Event::Issued { amount, expires_at, at, .. } => {
                let begun = match self {
                    Self::Nonexistent => Details::begun(event).map_or(self, Self::Active),
                    Self::Requested(_)
                    | Self::Withdrawn(_)
                    | Self::Active(_)
                    | Self::Disabled(_) => self,
                };
                begun.into_phase(*at, Self::Active, |card| {
                    card.issued = *amount;
                    card.available = *amount;
                    card.expires_at = *expires_at;
                })
            }
            Event::Withdrawn { at, .. } => self.into_phase(*at, Self::Withdrawn, |_| {}),
            Event::Held { order_id, amount, at, .. } => self.change(*at, |card| {
                card.holds.insert(*order_id, *amount);
                card.available = less(card.available, *amount);
            }),
            Event::Captured { order_id, amount, at, .. } => self.change(*at, |card| {
                card.holds.remove(order_id);
                let taken = card.taken.entry(*order_id).or_default();
                *taken = more(*taken, *amount);
                card.redeemed = more(card.redeemed, *amount);
            }),
            Event::Voided { order_id, amount, at, .. } => self.change(*at, |card| {
                card.holds.remove(order_id);
                card.available = more(card.available, *amount);
            }),
            Event::CreditedBack { order_id, amount, expires_at, at, .. } => {
                self.change(*at, |card| {
                    let taken = card.taken.entry(*order_id).or_default();
                    *taken = less(*taken, *amount);
                    card.redeemed = less(card.redeemed, *amount);
                    card.available = more(card.available, *amount);
                    card.expires_at = *expires_at;
                })
            }
            Event::Disabled { at, .. } => self.into_phase(*at, Self::Disabled, |_| {}),
            Event::Reissued { code_hash, hint, at, .. } => {
                self.into_phase(*at, Self::Active, |card| {
                    card.code_hash = code_hash.clone();
                    card.hint.clone_from(hint);
                })
            }
            Event::Expired { amount, at, .. } => self.change(*at, |card| {
                card.available = less(card.available, *amount);
                card.expired = more(card.expired, *amount);
            }),
        }
    }

    fn change(mut self, at: DateTime<Utc>, change: impl FnOnce(&mut Details)) -> Self {
        match &mut self {
            Self::Nonexistent => {}
            Self::Requested(card)
            | Self::Withdrawn(card)
            | Self::Active(card)
            | Self::Disabled(card) => {
                change(card);
                card.updated_at = at;
            }
        }
        self
    }

    fn into_phase(
        self,
        at: DateTime<Utc>,
        phase: fn(Box<Details>) -> Self,
        change: impl FnOnce(&mut Details),
    ) -> Self {
        match self.change(at, change) {
            Self::Nonexistent => Self::Nonexistent,
            Self::Requested(card)
            | Self::Withdrawn(card)
            | Self::Active(card)
            | Self::Disabled(card) => phase(card),
        }
    }
}

/// Sums that `decide` has checked.
fn more(amount: Money, by: Money) -> Money {
    amount.checked_add(by).unwrap_or(Money::MAX)
}

fn less(amount: Money, by: Money) -> Money {
    debug_assert!(by <= amount, "{by} of {amount}");
    amount.checked_sub(by).unwrap_or_default()
}

impl Details {
    /// `None` for any event but the first of a card.
    fn begun(event: &Event) -> Option<Box<Self>> {
        let (code_hash, hint, currency, amount, expires_at, at) = match event {
            Event::Requested { code_hash, hint, amount, currency, expires_at, at, .. }
            | Event::Issued { code_hash, hint, amount, currency, expires_at, at, .. } => {
                (code_hash, hint, *currency, *amount, *expires_at, *at)
            }
            _ => return None,
        };
        let (buyer, payment_id) = match event {
            Event::Requested { buyer, payment_id, .. } => (Some(*buyer), Some(*payment_id)),
            Event::Issued { buyer, payment_id, .. } => (*buyer, *payment_id),
            _ => return None,
        };
        Some(Box::new(Self {
            code_hash: code_hash.clone(),
            hint: hint.clone(),
            currency,
            buyer,
            payment_id,
            initial_amount: amount,
            issued: Money::ZERO,
            available: Money::ZERO,
            holds: BTreeMap::new(),
            taken: BTreeMap::new(),
            redeemed: Money::ZERO,
            expired: Money::ZERO,
            expires_at,
            created_at: at,
            updated_at: at,
        }))
    }
}
