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

/// Events of one append.
const AT_ONCE: usize = 5_000;

/// The id of a stream of the history.
pub fn cart_id(number: usize) -> Uuid {
    Uuid::from_u128(0x019a_0000_0000_7000_9000_0000_0000_0000 + number as u128)
}

/// Stores carts of these numbers with `events` events each.
pub async fn write(pool: &PgPool, numbers: Range<usize>, events: usize) -> Result<()> {
    write_streams::<Cart>(pool, numbers, |number| Ok((cart_id(number), cart(events)?))).await
}

/// Stores streams of these numbers, with the ids and events that `stream` gives for each.
pub async fn write_streams<A: Decider>(
    pool: &PgPool,
    numbers: Range<usize>,
    stream: impl Fn(usize) -> Result<(Uuid, Vec<A::Event>)>,
) -> Result<()>
where
    A::Event: DomainEvent,
{
    let metadata = Metadata::new("bench", Uuid::from_u128(1), "bench");
    let metadata: Arc<str> = serde_json::to_string(&metadata)?.into();
    let mut numbers = numbers.peekable();
    while numbers.peek().is_some() {
        let (mut streams, mut events) = (Vec::new(), 0);
        for number in numbers.by_ref() {
            let (id, history) = stream(number)?;
            events += history.len();
            streams.push(stored::<A>(id, history, &metadata)?);
            if events >= AT_ONCE {
                break;
            }
        }
        let append = Append { streams, ..Append::default() };
        eventlog::append(pool, &append, SystemClock.now()).await?;
    }
    Ok(())
}

/// A product is added, then its quantity changes.
fn cart(events: usize) -> Result<Vec<cart::Event>> {
    let event = |n| {
        Ok(if n == 0 {
            cart::Event::ItemAdded {
                product_id: product(0),
                quantity: Quantity::ONE,
                price: Money::from_minor(990_000)?,
            }
        } else {
            let quantity = u32::try_from(2 + n % 900)?;
            let quantity = Quantity::try_from(quantity)?;
            cart::Event::QuantityChanged { product_id: product(0), quantity }
        })
    };
    (0..events).map(event).collect()
}

fn stored<A: Decider>(id: Uuid, events: Vec<A::Event>, metadata: &Arc<str>) -> Result<StreamAppend>
where
    A::Event: DomainEvent,
{
    let events = (0_u128..).zip(events).map(|(n, event)| {
        Ok(NewEvent {
            // Below the numbers by which the ids of streams differ, so that none is there twice.
            event_id: Uuid::from_u128(id.as_u128().wrapping_shl(32) | n),
            event_type: event.event_type(),
            event_version: event.event_version(),
            payload: serde_json::to_string(&event)?,
            metadata: Arc::clone(metadata),
        })
    });
    Ok(StreamAppend {
        stream: StreamId::new(A::TYPE, id.to_string()),
        expected: 0,
        prev_hash: GENESIS,
        events: events.collect::<Result<_>>()?,
        snapshot: None,
    })
}
