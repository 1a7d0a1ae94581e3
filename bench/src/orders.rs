//! A long history of orders: the events of one order that was really placed and paid, again and
//! again for other customers, under other ids.

use crate::Result;
use crate::history::cart_id;
use aggregates::{Decider, Order, Payment};
use eventlog::{Append, GENESIS, NewEvent, StreamAppend, StreamId};
use ledgerline::clock::{Clock, SystemClock};
use sqlx::PgPool;
use std::ops::Range;
use std::sync::Arc;
use uuid::Uuid;

/// Events of one append.
const BATCH: usize = 5_000;

/// A stream of the order that is repeated.
struct Stream {
    kind: &'static str,
    id: String,
    events: Vec<Event>,
}

struct Event {
    name: String,
    version: String,
    payload: String,
    metadata: Arc<str>,
}

pub struct Orders {
    streams: Vec<Stream>,
    buyer: String,
    /// Events of one order.
    pub events: usize,
}

type Row = (String, String, String, String, String, String);

impl Orders {
    /// Of the only order in a database.
    pub async fn like_the_one(pool: &PgPool, buyer: Uuid) -> Result<Self> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT aggregate_type, aggregate_id, event_type, event_version, payload::text,
                    metadata::text
               FROM events WHERE aggregate_type IN ('order', 'payment')
              ORDER BY aggregate_type, aggregate_id, sequence",
        )
        .fetch_all(pool)
        .await?;
        let mut streams: Vec<Stream> = Vec::new();
        let events = rows.len();
        for (kind, id, name, version, payload, metadata) in rows {
            let metadata = metadata.into();
            let kinds = [Order::TYPE, Payment::TYPE];
            let kind = kinds.into_iter().find(|known| *known == kind).unwrap_or_default();
            let event = Event { name, version, payload, metadata };
            match streams.last_mut() {
                Some(stream) if stream.id == id => stream.events.push(event),
                _ => streams.push(Stream { kind, id, events: vec![event] }),
            }
        }
        if streams.len() != 2 {
            return Err(
                format!("{} streams are not one order and its payment", streams.len()).into()
            );
        }
        Ok(Self { streams, buyer: buyer.to_string(), events })
    }

    /// Stores the orders of these numbers: each of another customer, who has a cart.
    pub async fn write(&self, pool: &PgPool, numbers: Range<usize>) -> Result<()> {
        let numbers: Vec<usize> = numbers.collect();
        for batch in numbers.chunks((BATCH / self.events).max(1)) {
            let streams = batch.iter().flat_map(|number| self.streams_of(*number)).collect();
            let append = Append { streams, ..Append::default() };
            eventlog::append(pool, &append, SystemClock.now()).await?;
        }
        Ok(())
    }

    fn streams_of(&self, number: usize) -> Vec<StreamAppend> {
        let id = |place: usize| {
            let base = 0x019b_0000_0000_7000_8000_0000_0000_0000_u128;
            Uuid::from_u128(base + ((number as u128) << 4) + place as u128).to_string()
        };
        let mut names = vec![(self.buyer.as_str(), cart_id(number).to_string())];
        let ids = self.streams.iter().enumerate().map(|(n, stream)| (stream.id.as_str(), id(n)));
        names.extend(ids);
        let renamed = |text: &str| {
            names.iter().fold(text.to_owned(), |text, (old, new)| text.replace(old, new))
        };
        let mut place = self.streams.len();
        let mut event = |event: &Event| {
            place += 1;
            NewEvent {
                event_id: Uuid::from_u128(
                    0x019c_0000_0000_7000_8000_0000_0000_0000
                        + ((number as u128) << 8)
                        + place as u128,
                ),
                event_type: event.name.clone(),
                event_version: event.version.clone(),
                payload: renamed(&event.payload),
                metadata: Arc::clone(&event.metadata),
            }
        };
        let streams = self.streams.iter().map(|stream| StreamAppend {
            stream: StreamId::new(stream.kind, renamed(&stream.id)),
            expected: 0,
            prev_hash: GENESIS,
            events: stream.events.iter().map(&mut event).collect(),
            snapshot: None,
        });
        streams.collect()
    }
}
