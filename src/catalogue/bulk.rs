//! Importing many products: rows come in as they are read and are stored in chunks, each one append.

mod releases;

pub use releases::Release;

use super::{CatalogueError, NewProduct, record_new};
use crate::entropy::Entropy;
use aggregates::{Decider, Product, ProductId, StockItem, UserId, stock_item};
use eventlog::{EventLog, Metadata, Outcome, Position, UnitError};
use releases::Finding;
use sqlx::PgPool;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// Rows of one append.
const CHUNK: usize = 500;
/// Name space of the ids of imports that can be repeated.
const IMPORTS: Uuid = Uuid::from_u128(0x2c6a_7a0e_6f0b_5d21_8a5e_11e4_9d3c_70b2);

/// What a row describes.
#[derive(Debug, Clone)]
pub enum NewItem {
    Product(NewProduct),
    /// An album, with its artist where that is new.
    Release(Box<Release>),
}

/// One row as it was read: what it describes, or why it is nothing.
#[derive(Debug, Clone)]
pub struct BulkRow {
    /// From 1.
    pub number: usize,
    pub item: Result<NewItem, String>,
}

/// What became of a row.
#[derive(Debug, Clone)]
pub enum RowOutcome {
    Created(ProductId),
    /// This album was imported before.
    Exists(ProductId),
    Refused(String),
    /// Good in itself, but not stored because another row of an atomic import was refused.
    Skipped,
}

/// An import into the catalogue of one seller.
pub struct Import {
    pub log: EventLog,
    /// To find artists by their names.
    pub pool: PgPool,
    pub entropy: Arc<Entropy>,
    pub metadata: Metadata,
    pub seller_id: UserId,
    /// Either all rows are stored, by one append, or none is.
    pub atomic: bool,
    /// Makes the ids of the products, so that a repeated import meets them again. Albums need none.
    pub key: Option<String>,
}

type Imported = (Vec<RowOutcome>, Option<Position>);

/// A row that is good in itself.
struct Candidate {
    /// The place of its outcome.
    place: usize,
    item: Item,
}

enum Item {
    Product(ProductId, NewProduct),
    Release(Box<Release>),
}

impl Import {
    /// Stores the rows until there are no more. An outcome for each, in order, and the position of
    /// the last event. `whole` says that none is missing: without it an import that is atomic stores
    /// nothing, for instance where the client hung up in the middle.
    pub async fn run(
        self,
        mut rows: mpsc::Receiver<BulkRow>,
        whole: oneshot::Receiver<()>,
    ) -> Result<Imported, UnitError<CatalogueError>> {
        let mut outcomes = Vec::new();
        let mut chunk = Vec::new();
        let mut position = None;
        while let Some(row) = rows.recv().await {
            match self.check(row) {
                Ok(item) => {
                    chunk.push(Candidate { place: outcomes.len(), item });
                    // Until it is stored.
                    outcomes.push(RowOutcome::Skipped);
                }
                Err(reason) => outcomes.push(RowOutcome::Refused(reason)),
            }
            if chunk.len() >= CHUNK && !self.atomic {
                let stored = self.store(std::mem::take(&mut chunk), &mut outcomes).await?;
                position = stored.or(position);
            }
        }
        if self.atomic && whole.await.is_err() {
            outcomes
                .push(RowOutcome::Refused("the import ended before it was complete".to_owned()));
        }
        let refused = outcomes.iter().any(|outcome| matches!(outcome, RowOutcome::Refused(_)));
        if self.atomic && refused {
            return Ok((outcomes, None));
        }
        position = self.store(chunk, &mut outcomes).await?.or(position);
        Ok((outcomes, position))
    }

    /// Decides a row on an empty stream, as the append will.
    fn check(&self, row: BulkRow) -> Result<Item, String> {
        let id = match &self.key {
            // The row itself is part of the name: another row under the same key is another product.
            Some(key) => {
                let name = format!("{key} {} {:?}", row.number, row.item);
                ProductId::new(Uuid::new_v5(&IMPORTS, name.as_bytes()))
            }
            None => ProductId::new(self.entropy.new_id()),
        };
        let (refusal, item) = match row.item? {
            NewItem::Product(product) => {
                (refusal(self.seller_id, product.clone()), Item::Product(id, product))
            }
            NewItem::Release(release) => {
                (refusal(self.seller_id, release.product()), Item::Release(release))
            }
        };
        refusal.map_or(Ok(item), Err)
    }

    async fn store(
        &self,
        chunk: Vec<Candidate>,
        outcomes: &mut [RowOutcome],
    ) -> Result<Option<Position>, UnitError<CatalogueError>> {
        let (mut products, mut releases) = (Vec::new(), Vec::new());
        for Candidate { place, item } in chunk {
            match item {
                Item::Product(id, product) => {
                    outcomes[place] = RowOutcome::Created(id);
                    if !self.is_stored(id).await? {
                        products.push((id, product));
                    }
                }
                Item::Release(release) => releases.push((place, *release)),
            }
        }
        let products = Arc::new(products);
        let named = releases::with_artists(&self.pool, self.seller_id, releases).await;
        let mut releases = named.map_err(UnitError::Unavailable)?;
        loop {
            let (findings, position) =
                self.append(Arc::clone(&products), Arc::new(releases.clone())).await?;
            // Those that were deleted since they were imported are imported anew, under other ids.
            let mut again = false;
            for (release, finding) in releases.iter_mut().zip(findings) {
                match finding {
                    Finding::Created => {
                        outcomes[release.place] = RowOutcome::Created(release.id);
                    }
                    Finding::Exists => outcomes[release.place] = RowOutcome::Exists(release.id),
                    Finding::Refused(reason) => {
                        outcomes[release.place] = RowOutcome::Refused(reason);
                    }
                    Finding::Archived => {
                        release.take_next_id();
                        again = true;
                    }
                }
            }
            if !again {
                return Ok(position);
            }
        }
    }

    /// Stores all of it by one append; or nothing, where a finding is [`Finding::Archived`].
    async fn append(
        &self,
        products: Arc<Vec<(ProductId, NewProduct)>>,
        releases: Arc<Vec<releases::Known>>,
    ) -> Result<(Vec<Finding>, Option<Position>), UnitError<CatalogueError>> {
        if products.is_empty() && releases.is_empty() {
            return Ok((vec![], None));
        }
        let mut unit = self.log.unit(self.metadata.clone());
        for (id, _) in &*products {
            unit = unit.create::<Product>(id.to_string()).create::<StockItem>(id.to_string());
        }
        for release in &*releases {
            unit = release.involve(unit);
        }
        let (seller_id, atomic) = (self.seller_id, self.atomic);
        let done = unit
            .run(move |work| -> Result<_, CatalogueError> {
                if releases.iter().any(|release| release.is_archived(work)) {
                    let finding = |release: &releases::Known| release.archived_or_not(work);
                    return Ok(releases.iter().map(finding).collect());
                }
                for (id, product) in &*products {
                    record_new(work, *id, seller_id, product.clone())?;
                }
                let record = |release: &releases::Known| release.record(work, seller_id, atomic);
                releases.iter().map(record).collect()
            })
            .await?;
        Ok(match done {
            Outcome::Done(committed) => (committed.value, committed.position),
            // There is no idempotency key.
            Outcome::Replayed(_) => (vec![], None),
        })
    }

    /// Whether an earlier try of the same import has stored it.
    async fn is_stored(&self, id: ProductId) -> Result<bool, UnitError<CatalogueError>> {
        if self.key.is_none() {
            return Ok(false);
        }
        let (_, version) =
            self.log.peek::<Product>(&id.to_string()).await.map_err(UnitError::widen)?;
        Ok(version > 0)
    }
}

/// Why the domain would refuse the product.
fn refusal(seller_id: UserId, new: NewProduct) -> Option<String> {
    let quantity = new.quantity;
    if let Err(refusal) = Product::default().decide(new.creation(seller_id)) {
        return Some(refusal.to_string());
    }
    if quantity == 0 {
        return None;
    }
    let receive = stock_item::Command::Receive { quantity, reason: String::new() };
    StockItem::default().decide(receive).err().map(|refusal| refusal.to_string())
}
