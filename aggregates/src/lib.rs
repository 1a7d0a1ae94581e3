//! The pure domain: what may happen (`decide`) and what it means (`evolve`).
//!
//! Nothing here does IO, reads a clock or draws a random number: facts arrive inside commands.
//! One folder per aggregate: `mod.rs` (state, decide, evolve), `command.rs`, `event.rs`, `error.rs`,
//! `tests.rs`. A diff of an `event.rs` is a change of the storage contract.

pub mod account;
pub mod artist;
pub mod cart;
mod cqrs;
mod decider;
mod fact;
pub mod gift_card;
#[cfg(test)]
mod golden;
mod ids;
pub mod loyalty_account;
mod money;
pub mod order;
pub mod payment;
mod points;
pub mod product;
pub mod promotion;
pub mod promotion_usage;
mod quantity;
pub mod review;
pub mod stock_item;
#[cfg(test)]
mod testing;
pub mod text;
pub mod upcast;
pub mod webhook;
pub mod wishlist;

pub use account::Account;
pub use artist::Artist;
pub use cart::Cart;
pub use decider::Decider;
pub use fact::{Fact, UnreadableEvent, decode_event};
pub use gift_card::GiftCard;
pub use ids::{
    ArtistId, CartId, DeliveryId, GiftCardId, OrderId, PaymentId, ProductId, RefundId, ReviewId,
    UserId, WebhookId, WebhookSecretId,
};
pub use loyalty_account::LoyaltyAccount;
pub use money::{Currency, Money, MoneyError};
pub use order::Order;
pub use payment::Payment;
pub use points::{Points, PointsError};
pub use product::Product;
pub use promotion::{PromoCode, Promotion};
pub use promotion_usage::PromotionUsage;
pub use quantity::{Quantity, QuantityError};
pub use review::Review;
pub use stock_item::StockItem;
pub use webhook::Webhook;
pub use wishlist::Wishlist;
