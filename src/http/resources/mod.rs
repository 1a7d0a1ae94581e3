//! What the API shows of products, carts, orders and payments: one shape each, made from an
//! aggregate after a command and from a read model for a query, so that both answer alike.

mod album;
mod artist;
mod cart;
mod fulfilment;
mod gift_card;
mod order;
mod payment;
mod product;
mod promotion;
mod review;
mod webhook;
mod wishlist;

pub use album::{AlbumResource, FormatSchema, TrackPositionSchema};
pub use artist::ArtistResource;
pub use cart::{CartItem, CartProduct, CartResource};
pub use fulfilment::FulfilmentResource;
pub use gift_card::{GiftCardResource, masked};
pub use order::{HistoryEntry, OrderItem, OrderResource, Recipient};
pub use payment::PaymentResource;
pub use product::{ProductDetails, ProductResource};
pub use promotion::PromoResource;
pub use review::ReviewResource;
pub use webhook::{DeliveryResource, WebhookResource};
pub use wishlist::WishlistItem;
