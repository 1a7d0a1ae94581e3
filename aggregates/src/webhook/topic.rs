//! What a webhook can be told of. The names are part of the API and of the storage contract.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A text that names no topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no event type {0:?}")]
pub struct UnknownTopic(String);

macro_rules! topics {
    ($($(#[$doc:meta])* $name:ident => $text:literal for $whom:ident),+ $(,)?) => {
        /// A type of event.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum Topic {
            $($(#[$doc])* #[serde(rename = $text)] $name),+
        }

        impl Topic {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The least role that is told of it.
            pub const fn audience(self) -> Audience {
                match self { $(Self::$name => Audience::$whom),+ }
            }
        }
    };
}

topics!(
    /// Everything that its owner may see.
    Any => "*" for Seller,
    OrderPlaced => "order.placed" for Seller,
    OrderConfirmed => "order.confirmed" for Seller,
    OrderShipped => "order.shipped" for Seller,
    OrderDelivered => "order.delivered" for Seller,
    OrderCancelled => "order.cancelled" for Seller,
    OrderRefunded => "order.refunded" for Seller,
    PaymentCompleted => "payment.completed" for Store,
    PaymentFailed => "payment.failed" for Store,
    ProductCreated => "product.created" for Seller,
    ProductUpdated => "product.updated" for Seller,
    ProductDeleted => "product.deleted" for Seller,
    StockChanged => "stock.changed" for Seller,
    ReviewPublished => "review.published" for Seller,
    GiftCardIssued => "giftcard.issued" for Store,
);

/// Whose events a webhook is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// One seller: what concerns the own products, and of orders the own lines.
    Seller,
    /// Whoever runs the store: everything.
    Store,
}

impl Audience {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seller => "seller",
            Self::Store => "store",
        }
    }

    /// Whether it may be told of this.
    pub fn admits(self, topic: Topic) -> bool {
        self == Self::Store || topic.audience() == Self::Seller
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(text: &str) -> Result<Self, UnknownTopic> {
        let named = |topic: &&Self| topic.as_str() == text;
        Self::ALL.iter().find(named).copied().ok_or_else(|| UnknownTopic(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_its_name_in_text_and_json() {
        for topic in Topic::ALL {
            assert_eq!(topic.as_str().parse(), Ok(*topic));
            assert_eq!(serde_json::to_string(topic).unwrap(), format!("\"{topic}\""));
        }
        assert!("order.eaten".parse::<Topic>().is_err());
    }

    #[test]
    fn money_and_gift_cards_are_the_stores_own_affair() {
        let hidden = [Topic::PaymentCompleted, Topic::PaymentFailed, Topic::GiftCardIssued];
        for topic in Topic::ALL {
            assert!(Audience::Store.admits(*topic));
            assert_eq!(Audience::Seller.admits(*topic), !hidden.contains(topic), "{topic}");
        }
    }
}
