//! Importing many products: rows come in as they are read and are stored in chunks, each one append.

use super::{CatalogueError, NewProduct, record_new};
use crate::entropy::Entropy;
use aggregates::{Decider, Product, ProductId, StockItem, UserId, product, stock_item};
use eventlog::{EventLog, Metadata, Outcome, Position, UnitError};
use std::sync::Arc;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Rows of one append.
const CHUNK: usize = 500;
/// Name space of the ids of imports that can be repeated.
const IMPORTS: Uuid = Uuid::from_u128(0x2c6a_7a0e_6f0b_5d21_8a5e_11e4_9d3c_70b2);

/// One row as it was read: a product, or why it is none.
#[derive(Debug, Clone)]
pub struct BulkRow {
    /// From 1.
    pub number: usize,
    pub product: Result<NewProduct, String>,
}

/// What became of a row.
#[derive(Debug, Clone)]
pub enum RowOutcome {
    Created(ProductId),
    Refused(String),
    /// Good in itself, but not stored because another row of an atomic import was refused.
    Skipped,
}

/// An import into the catalogue of one seller.
pub struct Import {
    pub log: EventLog,
    pub entropy: Arc<Entropy>,
    pub metadata: Metadata,
    pub seller_id: UserId,
    /// Either all rows are stored, by one append, or none is.
    pub atomic: bool,
    /// Makes the ids of the products, so that a repeated import meets them again.
    pub key: Option<String>,
}

type Imported = (Vec<RowOutcome>, Option<Position>);

#[derive(Clone)]
struct Candidate {
    id: ProductId,
    product: NewProduct,
}

impl Import {
    /// Stores the rows until there are no more. An outcome for each, in order, and the position of
    /// the last event.
    pub async fn run(
        self,
        mut rows: mpsc::Receiver<BulkRow>,
    ) -> Result<Imported, UnitError<CatalogueError>> {
        let mut outcomes = Vec::new();
        let mut chunk = Vec::new();
        let mut position = None;
        while let Some(row) = rows.recv().await {
            let (outcome, candidate) = self.check(row);
            outcomes.push(outcome);
            chunk.extend(candidate);
            if chunk.len() >= CHUNK && !self.atomic {
                position = self.store(std::mem::take(&mut chunk)).await?.or(position);
            }
        }
        let refused = outcomes.iter().any(|outcome| matches!(outcome, RowOutcome::Refused(_)));
        if self.atomic && refused {
            let skipped = outcomes.into_iter().map(|outcome| match outcome {
                RowOutcome::Created(_) => RowOutcome::Skipped,
                other => other,
            });
            return Ok((skipped.collect(), None));
        }
        position = self.store(chunk).await?.or(position);
        Ok((outcomes, position))
    }

    /// Decides a row on an empty stream, as the append will.
    fn check(&self, row: BulkRow) -> (RowOutcome, Option<Candidate>) {
        let id = match &self.key {
            // The row itself is part of the name: another row under the same key is another product.
            Some(key) => {
                let name = format!("{key} {} {:?}", row.number, row.product);
                ProductId::new(Uuid::new_v5(&IMPORTS, name.as_bytes()))
            }
            None => ProductId::new(self.entropy.new_id()),
        };
        let decided = row
            .product
            .and_then(|product| refusal(self.seller_id, &product).map_or(Ok(product), Err));
        match decided {
            Ok(product) => (RowOutcome::Created(id), Some(Candidate { id, product })),
            Err(reason) => (RowOutcome::Refused(reason), None),
        }
    }

    async fn store(
        &self,
        chunk: Vec<Candidate>,
    ) -> Result<Option<Position>, UnitError<CatalogueError>> {
        let chunk = self.without_repeated(chunk).await?;
        if chunk.is_empty() {
            return Ok(None);
        }
        let mut unit = self.log.unit(self.metadata.clone());
        for candidate in &chunk {
            unit = unit
                .create::<Product>(candidate.id.to_string())
                .create::<StockItem>(candidate.id.to_string());
        }
        let seller_id = self.seller_id;
        let done = unit
            .run(move |work| -> Result<(), CatalogueError> {
                for candidate in &chunk {
                    record_new(work, candidate.id, seller_id, candidate.product.clone())?;
                }
                Ok(())
            })
            .await?;
        Ok(match done {
            Outcome::Done(committed) => committed.position,
            Outcome::Replayed(_) => None,
        })
    }

    /// Leaves out what an earlier try of the same import has stored.
    async fn without_repeated(
        &self,
        chunk: Vec<Candidate>,
    ) -> Result<Vec<Candidate>, UnitError<CatalogueError>> {
        if self.key.is_none() {
            return Ok(chunk);
        }
        let mut fresh = Vec::with_capacity(chunk.len());
        for candidate in chunk {
            let id = candidate.id.to_string();
            let (_, version) = self.log.peek::<Product>(&id).await.map_err(UnitError::widen)?;
            if version == 0 {
                fresh.push(candidate);
            }
        }
        Ok(fresh)
    }
}

/// Why the domain would refuse the product.
fn refusal(seller_id: UserId, new: &NewProduct) -> Option<String> {
    let new = new.clone();
    let create = product::Command::Create {
        seller_id,
        name: new.name,
        description: new.description,
        price: new.price,
        currency: aggregates::Currency::default(),
        category: new.category,
        attributes: new.attributes,
        image_urls: new.image_urls,
    };
    if let Err(refusal) = Product::default().decide(create) {
        return Some(refusal.to_string());
    }
    if new.quantity == 0 {
        return None;
    }
    let receive = stock_item::Command::Receive { quantity: new.quantity, reason: String::new() };
    StockItem::default().decide(receive).err().map(|refusal| refusal.to_string())
}
