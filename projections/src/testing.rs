//! Given events, then rows: how the folds are tested, without a database.

use crate::{ApplyError, Envelope, Projection};
use aggregates::Fact;
use chrono::{DateTime, TimeDelta, Utc};
use eventlog::{Metadata, Position};
use std::collections::BTreeMap;
use std::fmt::Display;
use uuid::Uuid;

/// The moment of the first event; each event comes a second after the one before.
pub(crate) const START: DateTime<Utc> = DateTime::UNIX_EPOCH;
/// The correlation id of all events.
pub(crate) const CORRELATION: Uuid = Uuid::from_u128(0xc0);

/// Events of any streams, in the order of the feed.
#[derive(Default)]
pub(crate) struct History {
    events: Vec<Envelope>,
    sequences: BTreeMap<(&'static str, String), i64>,
}

impl History {
    pub fn then(mut self, id: impl Display, fact: Fact) -> Self {
        let stream_type = match fact {
            Fact::Account(_) => "account",
            Fact::Artist(_) => "artist",
            Fact::Cart(_) => "cart",
            Fact::GiftCard(_) => "gift_card",
            Fact::LoyaltyAccount(_) => "loyalty_account",
            Fact::Order(_) => "order",
            Fact::Payment(_) => "payment",
            Fact::Product(_) => "product",
            Fact::Promotion(_) => "promotion",
            Fact::PromotionUsage(_) => "promotion_usage",
            Fact::Review(_) => "review",
            Fact::StockItem(_) => "stock_item",
            Fact::Webhook(_) => "webhook",
            Fact::Wishlist(_) => "wishlist",
        };
        let stream_id = id.to_string();
        let sequence = self.sequences.entry((stream_type, stream_id.clone())).or_default();
        *sequence += 1;
        let place = i64::try_from(self.events.len()).unwrap();
        self.events.push(Envelope {
            fact,
            stream_type: stream_type.to_owned(),
            stream_id,
            sequence: *sequence,
            event_id: event_id(place),
            position: Position { transaction_id: 1, global_position: place },
            recorded_at: at(place),
            metadata: serde_json::to_string(&Metadata::new("somebody", CORRELATION, "TEST"))
                .unwrap(),
        });
        self
    }

    /// Forgets an event, as a broken feed would.
    pub fn without(mut self, place: usize) -> Self {
        self.events.remove(place);
        self
    }

    /// All rows that the events make, by key.
    pub fn fold<P: Projection>(&self) -> Result<BTreeMap<String, P::Row>, ApplyError> {
        let mut rows = BTreeMap::new();
        let read = self.events.iter().filter(|event| P::STREAMS.contains(&&*event.stream_type));
        for event in read {
            for key in P::keys(event)? {
                let text = key.to_string();
                if let Some(row) = P::apply(rows.remove(&text), &key, event)? {
                    rows.insert(text, row);
                }
            }
        }
        Ok(rows)
    }

    /// The last event.
    pub fn last(&self) -> &Envelope {
        self.events.last().unwrap()
    }

    /// The only row there is.
    pub fn row<P: Projection>(&self) -> P::Row {
        let mut rows = self.fold::<P>().unwrap();
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.pop_first().unwrap().1
    }
}

/// When the event at this place (from 0) was recorded.
pub(crate) fn at(place: i64) -> DateTime<Utc> {
    START + TimeDelta::seconds(place)
}

pub(crate) fn event_id(place: i64) -> Uuid {
    Uuid::from_u128(0xe000 + u128::try_from(place).unwrap())
}
