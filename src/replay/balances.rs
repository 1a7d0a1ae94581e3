//! What people ask about an aggregate, by name: the balances after each event of its story.

use super::Replayable;
use aggregates::{
    Account, Artist, Cart, GiftCard, LoyaltyAccount, Order, Payment, Points, Product, Promotion,
    PromotionUsage, Review, StockItem, Webhook, Wishlist, review,
};
use serde_json::{Map, Value};

/// Names and values, in the order in which they are shown: counts are numbers, money is a text. Empty
/// before the aggregate exists.
pub type Balances = Vec<(&'static str, Value)>;

/// The balances as members of an object.
pub(super) fn named(aggregate: &impl Replayable) -> Map<String, Value> {
    let balances = aggregate.balances().into_iter();
    balances.map(|(name, value)| (name.to_owned(), value)).collect()
}

impl Replayable for Account {
    fn balances(&self) -> Balances {
        let status = match self {
            Self::Nonexistent => return vec![],
            Self::Active { .. } => "active",
            Self::Blocked { .. } => "blocked",
            Self::Erased => return vec![("status", "erased".into())],
        };
        let role = self.role().map(|role| role.to_string());
        vec![
            ("status", status.into()),
            ("role", role.into()),
            ("verified", self.is_verified().into()),
        ]
    }
}

impl Replayable for Artist {
    fn balances(&self) -> Balances {
        match self {
            Self::Nonexistent => vec![],
            Self::Listed(details) => {
                vec![("status", "listed".into()), ("albums", details.albums.len().into())]
            }
            Self::Deleted => vec![("status", "deleted".into())],
        }
    }
}

impl Replayable for Cart {
    fn balances(&self) -> Balances {
        let units = self.lines().iter().map(|line| u64::from(line.quantity.get()));
        vec![("lines", self.lines().len().into()), ("units", units.sum::<u64>().into())]
    }
}

impl Replayable for GiftCard {
    fn balances(&self) -> Balances {
        // Whether it has expired by now is a matter of the clock: its phase is not.
        let phase = match self {
            Self::Nonexistent => return vec![],
            Self::Requested(_) => "requested",
            Self::Withdrawn(_) => "withdrawn",
            Self::Active(_) => "active",
            Self::Disabled(_) => "disabled",
        };
        let card = self.details().into_iter();
        let amounts = card.flat_map(|card| {
            [
                ("issued", card.issued),
                ("available", card.available),
                ("held", card.held()),
                ("redeemed", card.redeemed),
                ("expired", card.expired),
            ]
        });
        let amounts = amounts.map(|(name, amount)| (name, amount.to_string().into()));
        std::iter::once(("phase", phase.into())).chain(amounts).collect()
    }
}

impl Replayable for LoyaltyAccount {
    fn balances(&self) -> Balances {
        let points = |points: Points| Value::from(points.get());
        vec![
            ("tier", self.tier.as_str().into()),
            ("available", points(self.available())),
            ("held", points(self.held())),
            ("pending", points(self.pending())),
            ("owed", points(self.owed)),
            ("earned", points(self.totals.earned)),
            ("redeemed", points(self.totals.redeemed)),
            ("expired", points(self.totals.expired)),
            ("reversed", points(self.totals.reversed)),
        ]
    }
}

impl Replayable for Order {
    fn balances(&self) -> Balances {
        let (Some(status), Some(details)) = (self.status(), self.details()) else {
            return vec![];
        };
        vec![
            ("status", status.to_string().into()),
            ("total_amount", details.total_amount.to_string().into()),
            ("points", details.points.get().into()),
            ("gift_card", details.gift_card_amount().to_string().into()),
            ("amount_due", details.amount_due().to_string().into()),
            ("refunded", details.refunded.to_string().into()),
        ]
    }
}

impl Replayable for Payment {
    fn balances(&self) -> Balances {
        let (Some(status), Some(details)) = (self.status(), self.details()) else {
            return vec![];
        };
        vec![
            ("status", status.to_string().into()),
            ("amount", details.amount.to_string().into()),
            ("refunded", details.refunded.to_string().into()),
        ]
    }
}

impl Replayable for Product {
    fn balances(&self) -> Balances {
        match self {
            Self::Nonexistent => vec![],
            Self::Listed(details) => vec![
                ("status", if details.is_active { "active" } else { "inactive" }.into()),
                ("price", details.price.to_string().into()),
            ],
            Self::Archived => vec![("status", "archived".into())],
        }
    }
}

impl Replayable for Promotion {
    fn balances(&self) -> Balances {
        let phase = match self {
            Self::Nonexistent => return vec![],
            Self::Active(_) => "active",
            Self::Expired(_) => "expired",
            Self::Withdrawn(_) => "withdrawn",
        };
        let details = self.details();
        vec![
            ("phase", phase.into()),
            ("used", details.map(|details| details.used).into()),
            ("held", details.map(|details| details.holds.len()).into()),
            ("usage_limit", details.and_then(|details| details.terms.usage_limit).into()),
        ]
    }
}

impl Replayable for PromotionUsage {
    fn balances(&self) -> Balances {
        vec![("used", self.used.len().into()), ("held", self.held.len().into())]
    }
}

impl Replayable for Review {
    fn balances(&self) -> Balances {
        let status = match self {
            Self::Nonexistent => return vec![],
            Self::Deleted(_) => return vec![("status", "deleted".into())],
            Self::Posted { status: review::Status::Pending, .. } => "pending",
            Self::Posted { status: review::Status::Published, .. } => "published",
            Self::Posted { status: review::Status::Rejected, .. } => "rejected",
        };
        let rating = self.details().map(|details| details.rating.get());
        vec![("status", status.into()), ("rating", rating.into())]
    }
}

impl Replayable for StockItem {
    fn balances(&self) -> Balances {
        vec![
            ("on_hand", self.on_hand().into()),
            ("reserved", self.reserved().into()),
            ("available", self.available().into()),
        ]
    }
}

impl Replayable for Webhook {
    fn balances(&self) -> Balances {
        let status = match self {
            Self::Nonexistent => return vec![],
            Self::Enabled(_) => "enabled",
            Self::Disabled { .. } => "disabled",
            Self::Removed => return vec![("status", "removed".into())],
        };
        let details = self.details();
        vec![
            ("status", status.into()),
            ("event_types", details.map(|details| details.endpoint.topics.len()).into()),
            ("old_secrets", details.map(|details| details.old_secrets.len()).into()),
        ]
    }
}

impl Replayable for Wishlist {
    fn balances(&self) -> Balances {
        vec![("items", self.items().len().into())]
    }
}
