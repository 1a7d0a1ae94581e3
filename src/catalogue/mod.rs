//! Changing the catalogue: products and their stock, artists and albums.

mod albums;
mod artists;
mod bulk;

pub use albums::{AlbumChange, Archive, NewAlbum, Recording, archive, change_album, create_album};
pub use artists::{ArtistChange, ArtistState, change_artist, create_artist, delete_artist};
pub use bulk::{BulkRow, Import, NewItem, Release, RowOutcome};

use crate::expected::Expected;
use crate::log::{Answer, Execute};
use aggregates::product::{self, Details, Editor};
use aggregates::{Currency, Money, Product, ProductId, StockItem, UserId};
use aggregates::{artist, stock_item};
use chrono::{DateTime, Utc};
use eventlog::{EventLog, IdempotencyKey, Metadata, Outcome, UnitError, Work};
use std::collections::BTreeMap;

/// A product about to be created, with the units that are in stock.
#[derive(Debug, Clone, Default)]
pub struct NewProduct {
    pub name: String,
    pub description: String,
    pub price: Money,
    pub category: String,
    pub attributes: BTreeMap<String, String>,
    pub image_urls: Vec<String>,
    pub quantity: u32,
}

impl NewProduct {
    /// The command that creates it.
    pub(crate) fn creation(self, seller_id: UserId) -> product::Command {
        product::Command::Create {
            seller_id,
            name: self.name,
            description: self.description,
            price: self.price,
            currency: Currency::default(),
            category: self.category,
            attributes: self.attributes,
            image_urls: self.image_urls,
        }
    }
}

/// What to change; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct ProductChange {
    pub name: Option<String>,
    pub description: Option<String>,
    pub price: Option<Money>,
    pub category: Option<String>,
    pub attributes: Option<BTreeMap<String, String>>,
    pub image_urls: Option<Vec<String>>,
    /// Further images, behind those that it has or gets: two uploads at once keep both.
    pub more_image_urls: Vec<String>,
    pub is_active: Option<bool>,
    /// Units available for sale.
    pub quantity: Option<u32>,
}

/// How the stock of a product changes.
#[derive(Debug, Clone)]
pub enum StockChange {
    /// Sets the units available for sale.
    SetAvailable {
        quantity: u32,
    },
    Adjust {
        delta: i64,
        reason: String,
    },
}

/// Why a change of the catalogue was refused.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error(transparent)]
    Product(#[from] product::Error),
    #[error(transparent)]
    Stock(#[from] stock_item::Error),
    #[error(transparent)]
    Artist(#[from] artist::Error),
    /// Not even where there is a product of this id, which is none.
    #[error("there is no such album")]
    NoSuchAlbum,
    /// Another artist, or another album, came into it between the look and the append.
    #[error("the artist or the album was changed by somebody else meanwhile")]
    Changed,
    /// The caller's `If-Match` names another version.
    #[error("the product is at version {found}, not at the one that `If-Match` names")]
    Stale { found: i64 },
}

/// A product after a change.
#[derive(Debug, Clone)]
pub struct ProductState {
    pub id: ProductId,
    /// `None` once it is archived.
    pub details: Option<Details>,
    /// Units available for sale.
    pub quantity: u32,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

type Done<A> = Result<Outcome<A>, UnitError<CatalogueError>>;

/// How often a command looks again which streams concern it.
const LOOKS: u32 = 5;

/// Whether a command that looks its streams up first was overtaken, and should look again.
fn overtaken<A>(done: &Done<A>, looks: u32) -> bool {
    looks < LOOKS && matches!(done, Err(UnitError::Rejected(CatalogueError::Changed)))
}

/// Creates a product and receives its first stock. `answer` makes what is recorded.
pub async fn create<A: Answer>(
    log: &EventLog,
    metadata: Metadata,
    id: ProductId,
    seller_id: UserId,
    new: NewProduct,
    key: Option<IdempotencyKey>,
    answer: impl Fn(&ProductState) -> A + Send + 'static,
) -> Done<A> {
    log.unit(metadata)
        .create::<Product>(id.to_string())
        .create::<StockItem>(id.to_string())
        .idempotency(key)
        .run(move |work| {
            record_new(work, id, seller_id, new.clone())?;
            Ok(after(work, id, work.now(), &answer))
        })
        .await
}

fn record_new(
    work: &mut Work<'_>,
    id: ProductId,
    seller_id: UserId,
    new: NewProduct,
) -> Result<(), CatalogueError> {
    let quantity = new.quantity;
    work.execute::<Product>(id, new.creation(seller_id))?;
    if quantity > 0 {
        let reason = "initial stock".to_owned();
        let command = stock_item::Command::Receive { quantity, reason };
        work.execute::<StockItem>(id, command)?;
    }
    Ok(())
}

/// Changes a product. `unchanged_at` is when it was changed last, for an answer without a change.
pub async fn change<A: Answer>(
    log: &EventLog,
    metadata: Metadata,
    id: ProductId,
    by: Editor,
    change: ProductChange,
    context: ChangeContext,
    answer: impl Fn(&ProductState) -> A + Send + 'static,
) -> Done<A> {
    let ChangeContext { expected, unchanged_at, key } = context;
    log.unit(metadata)
        .write::<Product>(id.to_string())
        .write::<StockItem>(id.to_string())
        .idempotency(key)
        .run(move |work| {
            check_version(work, id, &expected)?;
            let before = work.version::<Product>(&id.to_string());
            apply_change(work, id, by, change.clone())?;
            let changed = work.version::<Product>(&id.to_string()) > before;
            Ok(after(work, id, if changed { work.now() } else { unchanged_at }, &answer))
        })
        .await
}

fn apply_change(
    work: &mut Work<'_>,
    id: ProductId,
    by: Editor,
    change: ProductChange,
) -> Result<(), CatalogueError> {
    let mut image_urls = change.image_urls;
    if !change.more_image_urls.is_empty() {
        let product = work.state::<Product>(&id.to_string());
        let now = product.details().map(|details| details.image_urls.clone());
        let urls = image_urls.get_or_insert_with(|| now.unwrap_or_default());
        for url in change.more_image_urls {
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
    }
    let command = product::Command::Change {
        by,
        name: change.name,
        description: change.description,
        price: change.price,
        category: change.category,
        attributes: change.attributes,
        image_urls,
        is_active: change.is_active,
    };
    work.execute::<Product>(id, command)?;
    if let Some(quantity) = change.quantity {
        let reason = "set by the seller".to_owned();
        let command = stock_item::Command::SetAvailable { quantity, reason };
        work.execute::<StockItem>(id, command)?;
    }
    Ok(())
}

/// What a change needs to know beside itself.
#[derive(Debug, Clone)]
pub struct ChangeContext {
    /// The versions that the caller has seen.
    pub expected: Expected,
    /// When the product was changed last.
    pub unchanged_at: DateTime<Utc>,
    pub key: Option<IdempotencyKey>,
}

/// Changes the stock of a product that the caller may edit.
pub async fn change_stock<A: Answer>(
    log: &EventLog,
    metadata: Metadata,
    id: ProductId,
    by: Editor,
    change: StockChange,
    context: ChangeContext,
    answer: impl Fn(&ProductState) -> A + Send + 'static,
) -> Done<A> {
    let ChangeContext { expected, unchanged_at, key } = context;
    log.unit(metadata)
        .read::<Product>(id.to_string())
        .write::<StockItem>(id.to_string())
        .idempotency(key)
        .run(move |work| {
            check_version(work, id, &expected)?;
            check_editor(work, id, by)?;
            let command = match change.clone() {
                StockChange::SetAvailable { quantity } => {
                    let reason = "set by the seller".to_owned();
                    stock_item::Command::SetAvailable { quantity, reason }
                }
                StockChange::Adjust { delta, reason } => {
                    stock_item::Command::Adjust { delta, reason }
                }
            };
            work.execute::<StockItem>(id, command)?;
            Ok(after(work, id, unchanged_at, &answer))
        })
        .await
}

fn check_version(
    work: &Work<'_>,
    id: ProductId,
    expected: &Expected,
) -> Result<(), CatalogueError> {
    let found = work.version::<Product>(&id.to_string());
    if expected.allows(found) { Ok(()) } else { Err(CatalogueError::Stale { found }) }
}

/// Stock has no owner of its own: who may edit the product may change it.
fn check_editor(work: &Work<'_>, id: ProductId, by: Editor) -> Result<(), CatalogueError> {
    let product = work.state::<Product>(&id.to_string());
    let details = product.details().ok_or(product::Error::NotFound)?;
    match by {
        Editor::Seller(seller_id) if seller_id != details.seller_id => {
            Err(product::Error::NotOwner.into())
        }
        Editor::Seller(_) | Editor::Admin => Ok(()),
    }
}

fn after<A: Answer>(
    work: &mut Work<'_>,
    id: ProductId,
    updated_at: DateTime<Utc>,
    answer: &impl Fn(&ProductState) -> A,
) -> A {
    let stream = id.to_string();
    let state = ProductState {
        id,
        details: work.state::<Product>(&stream).details().cloned(),
        quantity: work.state::<StockItem>(&stream).available(),
        version: work.version::<Product>(&stream),
        created_at: work.created_at::<Product>(&stream).unwrap_or(updated_at),
        updated_at,
    };
    let answer = answer(&state);
    work.respond_with(|| answer.recorded());
    answer
}
