//! Importing many products: in chunks, each one append; row by row where a chunk meets a bad row.

use super::{CatalogueError, NewProduct, record_new};
use crate::entropy::Entropy;
use aggregates::{Product, ProductId, StockItem, UserId};
use eventlog::{EventLog, Metadata, Outcome, Position, UnitError};

/// Rows of one append.
const CHUNK: usize = 500;

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

/// Creates the products. With `atomic` either all rows are stored, by one append, or none is.
/// Returns an outcome for each row, in order, and the position of the last event.
pub async fn import(
    log: &EventLog,
    entropy: &Entropy,
    metadata: &Metadata,
    seller_id: UserId,
    rows: Vec<BulkRow>,
    atomic: bool,
) -> Result<(Vec<RowOutcome>, Option<Position>), UnitError<CatalogueError>> {
    let mut outcomes: Vec<RowOutcome> = Vec::with_capacity(rows.len());
    let mut position = None;
    let chunk_size = if atomic { rows.len().max(1) } else { CHUNK };
    for chunk in rows.chunks(chunk_size) {
        let candidates: Vec<Candidate> =
            chunk.iter().map(|row| Candidate::of(row, entropy)).collect();
        let stored = store(log, metadata, seller_id, &candidates, atomic).await?;
        outcomes.extend(stored.outcomes);
        position = stored.position.or(position);
    }
    Ok((outcomes, position))
}

#[derive(Clone)]
struct Candidate {
    id: ProductId,
    product: Result<NewProduct, String>,
}

impl Candidate {
    fn of(row: &BulkRow, entropy: &Entropy) -> Self {
        Self { id: entropy.new_id().into(), product: row.product.clone() }
    }
}

struct Stored {
    outcomes: Vec<RowOutcome>,
    position: Option<Position>,
}

/// Checks every row against the domain, then stores the good ones; with `all_or_nothing` only where
/// all are good.
async fn store(
    log: &EventLog,
    metadata: &Metadata,
    seller_id: UserId,
    candidates: &[Candidate],
    all_or_nothing: bool,
) -> Result<Stored, UnitError<CatalogueError>> {
    let outcomes: Vec<RowOutcome> =
        candidates.iter().map(|candidate| check(candidate, seller_id)).collect();
    let refused = outcomes.iter().any(|outcome| matches!(outcome, RowOutcome::Refused(_)));
    let good: Vec<Candidate> = candidates
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| matches!(outcome, RowOutcome::Created(_)))
        .map(|(candidate, _)| candidate.clone())
        .collect();
    if (refused && all_or_nothing) || good.is_empty() {
        return Ok(Stored { outcomes: skip_good(outcomes), position: None });
    }
    let mut unit = log.unit(metadata.clone());
    for candidate in &good {
        unit = unit
            .create::<Product>(candidate.id.to_string())
            .create::<StockItem>(candidate.id.to_string());
    }
    let done = unit
        .run(move |work| -> Result<(), CatalogueError> {
            for candidate in &good {
                if let Ok(product) = &candidate.product {
                    record_new(work, candidate.id, seller_id, product.clone())?;
                }
            }
            Ok(())
        })
        .await?;
    let position = match done {
        Outcome::Done(committed) => committed.position,
        Outcome::Replayed(_) => None,
    };
    Ok(Stored { outcomes, position })
}

fn skip_good(outcomes: Vec<RowOutcome>) -> Vec<RowOutcome> {
    let skip = |outcome| match outcome {
        RowOutcome::Created(_) => RowOutcome::Skipped,
        other => other,
    };
    outcomes.into_iter().map(skip).collect()
}

/// Decides a row on an empty stream, as the append will.
fn check(candidate: &Candidate, seller_id: UserId) -> RowOutcome {
    use aggregates::{Decider, product, stock_item};
    let product = match &candidate.product {
        Ok(product) => product.clone(),
        Err(reason) => return RowOutcome::Refused(reason.clone()),
    };
    let quantity = product.quantity;
    let create = product::Command::Create {
        seller_id,
        name: product.name,
        description: product.description,
        price: product.price,
        currency: aggregates::Currency::default(),
        category: product.category,
        attributes: product.attributes,
        image_urls: product.image_urls,
    };
    if let Err(refusal) = Product::default().decide(create) {
        return RowOutcome::Refused(refusal.to_string());
    }
    let receive = stock_item::Command::Receive { quantity, reason: String::new() };
    match StockItem::default().decide(receive) {
        Err(refusal) if quantity > 0 => RowOutcome::Refused(refusal.to_string()),
        _ => RowOutcome::Created(candidate.id),
    }
}
