//! Reading stored events back: one sum type over all aggregates, upcast to the current form.

use crate::{
    Account, Artist, Cart, Decider, GiftCard, LoyaltyAccount, Order, Payment, Product, Promotion,
    PromotionUsage, Review, StockItem, Webhook, Wishlist, upcast,
};
use crate::{
    account, artist, cart, gift_card, loyalty_account, order, payment, product, promotion,
    promotion_usage, review, stock_item, webhook, wishlist,
};
use cqrs_es::DomainEvent;
use serde::de::DeserializeOwned;

/// Any event of the domain, decoded.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    Account(account::Event),
    Artist(artist::Event),
    Cart(cart::Event),
    GiftCard(gift_card::Event),
    LoyaltyAccount(loyalty_account::Event),
    Order(order::Event),
    Payment(payment::Event),
    Product(product::Event),
    Promotion(promotion::Event),
    PromotionUsage(promotion_usage::Event),
    Review(review::Event),
    StockItem(stock_item::Event),
    Webhook(webhook::Event),
    Wishlist(wishlist::Event),
}

/// A stored event that this version of the program cannot read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableEvent {
    #[error("unknown stream type {0:?}")]
    UnknownStreamType(String),
    #[error("{aggregate_type} event {event_type} {event_version} does not parse: {source}")]
    Payload {
        aggregate_type: String,
        event_type: String,
        event_version: String,
        source: serde_json::Error,
    },
}

impl Fact {
    /// Decodes a stored event; `payload` is the JSON text as stored.
    pub fn decode(
        aggregate_type: &str,
        event_type: &str,
        event_version: &str,
        payload: &str,
    ) -> Result<Self, UnreadableEvent> {
        macro_rules! by_type {
            ($($aggregate:ident),+) => {
                match aggregate_type {
                    $(<$aggregate as Decider>::TYPE => {
                        decode_event::<$aggregate>(event_type, event_version, payload)
                            .map(Self::$aggregate)
                    })+
                    other => Err(UnreadableEvent::UnknownStreamType(other.to_owned())),
                }
            };
        }
        by_type!(
            Account,
            Artist,
            Cart,
            GiftCard,
            LoyaltyAccount,
            Order,
            Payment,
            Product,
            Promotion,
            PromotionUsage,
            Review,
            StockItem,
            Webhook,
            Wishlist
        )
    }
}

/// Decodes a stored event of one aggregate, upcast to the current form.
pub fn decode_event<A: Decider>(
    event_type: &str,
    event_version: &str,
    payload: &str,
) -> Result<A::Event, UnreadableEvent>
where
    A::Event: DomainEvent + DeserializeOwned,
{
    let parsed = match upcast::upcast(A::TYPE, event_type, event_version, payload) {
        Some(current) => current.and_then(serde_json::from_value),
        None => serde_json::from_str(payload),
    };
    parsed.map_err(|source| UnreadableEvent::Payload {
        aggregate_type: A::TYPE.to_owned(),
        event_type: event_type.to_owned(),
        event_version: event_version.to_owned(),
        source,
    })
}
