//! A log with a history, written fast: many streams in one append.

use crate::Result;
use crate::shop::product;
use aggregates::{Cart, Decider, Money, Quantity, cart};
use cqrs_es::DomainEvent;
use eventlog::{Append, GENESIS, Metadata, NewEvent, StreamAppend, StreamId};
use ledgerline::clock::{Clock, SystemClock};
use sqlx::PgPool;
use std::ops::Range;
use std::sync::Arc;
use uuid::Uuid;

/// The id of a stream of the history.
pub fn cart_id(number: usize) -> Uuid {
    Uuid::from_u128(0x019a_0000_0000_7000_9000_0000_0000_0000 + number as u128)
}

/// Stores carts of these numbers with `events` events each.
pub async fn write(pool: &PgPool, numbers: Range<usize>, events: usize) -> Result<()> {
    let metadata = Metadata::new("bench", Uuid::from_u128(1), "bench");
    let metadata: Arc<str> = serde_json::to_string(&metadata)?.into();
    let numbers: Vec<usize> = numbers.collect();
    for batch in numbers.chunks((5_000 / events).max(1)) {
        let streams: Result<Vec<_>> =
            batch.iter().map(|number| stream(*number, events, &metadata)).collect();
        let append = Append { streams: streams?, ..Append::default() };
        eventlog::append(pool, &append, SystemClock.now()).await?;
    }
    Ok(())
}

/// A product is added, then its quantity changes.
fn stream(number: usize, events: usize, metadata: &Arc<str>) -> Result<StreamAppend> {
    let events = (0..events).map(|n| {
        let event = if n == 0 {
            cart::Event::ItemAdded {
                product_id: product(0),
                quantity: Quantity::ONE,
                price: Money::from_minor(990_000)?,
            }
        } else {
            let quantity = u32::try_from(2 + n % 900)?;
            let quantity = Quantity::try_from(quantity)?;
            cart::Event::QuantityChanged { product_id: product(0), quantity }
        };
        Ok(NewEvent {
            event_id: Uuid::from_u128((number as u128) << 64 | n as u128),
            event_type: event.event_type(),
            event_version: event.event_version(),
            payload: serde_json::to_string(&event)?,
            metadata: Arc::clone(metadata),
        })
    });
    Ok(StreamAppend {
        stream: StreamId::new(<Cart as Decider>::TYPE, cart_id(number).to_string()),
        expected: 0,
        prev_hash: GENESIS,
        events: events.collect::<Result<_>>()?,
        snapshot: None,
    })
}
