//! Changing wishlists: what a user would like to have, with the price of the moment.

use crate::expected::Expected;
use crate::log::{Answer, Execute};
use aggregates::product;
use aggregates::wishlist::{self, Command, Item};
use aggregates::{Product, ProductId, StockItem, UserId, Wishlist};
use chrono::{DateTime, Utc};
use eventlog::{EventLog, IdempotencyKey, Metadata, Outcome, UnitError};

/// Why a change of a wishlist was refused.
#[derive(Debug, thiserror::Error)]
pub enum WishlistError {
    #[error(transparent)]
    Wishlist(#[from] wishlist::Error),
    #[error("there is no such product")]
    NoSuchProduct,
    /// The caller's `If-Match` names another version.
    #[error("the wishlist is at version {found}, not at the one that `If-Match` names")]
    Stale { found: i64 },
}

/// Who wants it, when, and under which conditions.
#[derive(Debug, Clone)]
pub struct Request {
    pub metadata: Metadata,
    pub user_id: UserId,
    pub at: DateTime<Utc>,
    pub expected: Expected,
    pub key: Option<IdempotencyKey>,
}

/// An item that is on the list now, with its product.
#[derive(Debug, Clone)]
pub struct Wished {
    pub item: Item,
    /// Whether it was not on the list before.
    pub is_new: bool,
    /// `None` once it is archived.
    pub product: Option<product::Details>,
    /// Units that can be ordered.
    pub quantity: u32,
    /// Of the wishlist.
    pub version: i64,
}

type Done<A> = Result<Outcome<A>, UnitError<WishlistError>>;

/// Puts a product that is for sale on the list, or leaves it there. `answer` makes what is recorded
/// under the idempotency key.
pub async fn add<A: Answer>(
    log: &EventLog,
    request: Request,
    product_id: ProductId,
    answer: impl Fn(&Wished) -> A + Send + 'static,
) -> Done<A> {
    let Request { metadata, user_id, at, expected, key } = request;
    let (list_id, product_key) = (user_id.to_string(), product_id.to_string());
    log.unit(metadata)
        .write::<Wishlist>(list_id.as_str())
        .peek::<Product>(product_key.as_str())
        .peek::<StockItem>(product_key.as_str())
        .idempotency(key)
        .run(move |work| {
            let found = work.version::<Wishlist>(&list_id);
            if !expected.allows(found) {
                return Err(WishlistError::Stale { found });
            }
            let before = work.state::<Wishlist>(&list_id).item(product_id).cloned();
            let product = work.state::<Product>(&product_key);
            let item = match (before.clone(), product.for_sale()) {
                (Some(item), _) => item,
                (None, Some(details)) => Item { product_id, price: details.price, added_at: at },
                (None, None) => return Err(WishlistError::NoSuchProduct),
            };
            let product = product.details().cloned();
            let command = Command::Add { product_id, price: item.price, at };
            work.execute::<Wishlist>(&list_id, command)?;
            let wished = Wished {
                item,
                is_new: before.is_none(),
                product,
                quantity: work.state::<StockItem>(&product_key).available(),
                version: work.version::<Wishlist>(&list_id),
            };
            let answer = answer(&wished);
            work.respond_with(|| answer.recorded());
            Ok(answer)
        })
        .await
}

/// Takes a product off the list. `answer` makes what is recorded under the idempotency key.
pub async fn remove<A: Answer>(
    log: &EventLog,
    request: Request,
    product_id: ProductId,
    answer: impl Fn(i64) -> A + Send + 'static,
) -> Done<A> {
    let Request { metadata, user_id, at, expected, key } = request;
    let list_id = user_id.to_string();
    log.unit(metadata)
        .write::<Wishlist>(list_id.as_str())
        .idempotency(key)
        .run(move |work| {
            let found = work.version::<Wishlist>(&list_id);
            if !expected.allows(found) {
                return Err(WishlistError::Stale { found });
            }
            work.execute::<Wishlist>(&list_id, Command::Remove { product_id, at })?;
            let answer = answer(work.version::<Wishlist>(&list_id));
            work.respond_with(|| answer.recorded());
            Ok(answer)
        })
        .await
}
