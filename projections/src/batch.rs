//! A stretch of the feed, decoded once for all projections.

use crate::{ApplyError, Envelope};
use eventlog::{Position, Recorded};
use std::collections::HashMap;
use uuid::Uuid;

/// One event of a batch. One that cannot be read only concerns those who read its stream type.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are readable: boxes would only cost")]
pub(crate) enum Slot {
    Readable(Envelope),
    Unreadable { stream_type: String, position: Position, event_id: Uuid, error: String },
}

impl Slot {
    pub fn stream_type(&self) -> &str {
        match self {
            Self::Readable(event) => &event.stream_type,
            Self::Unreadable { stream_type, .. } => stream_type,
        }
    }

    pub fn position(&self) -> Position {
        match self {
            Self::Readable(event) => event.position,
            Self::Unreadable { position, .. } => *position,
        }
    }
}

/// Decodes events, and checks that no stream skips a number within the batch.
///
/// A gap would mean that the feed lost an event: the worst that can happen to a read model, so
/// whoever reads that stream type stops.
pub(crate) fn decode(events: Vec<Recorded>) -> Vec<Slot> {
    let gaps = gaps(&events);
    let mut slots: Vec<Slot> = events.into_iter().map(slot).collect();
    for (place, gap) in gaps {
        if let Slot::Readable(event) = &slots[place] {
            slots[place] = Slot::Unreadable {
                stream_type: event.stream_type.clone(),
                position: event.position,
                event_id: event.event_id,
                error: gap.to_string(),
            };
        }
    }
    slots
}

fn slot(event: Recorded) -> Slot {
    let (position, event_id) = (event.position, event.event_id);
    let stream_type = event.aggregate_type.clone();
    match Envelope::decode(event) {
        Ok(event) => Slot::Readable(event),
        Err(error) => {
            Slot::Unreadable { stream_type, position, event_id, error: error.to_string() }
        }
    }
}

fn gaps(events: &[Recorded]) -> Vec<(usize, ApplyError)> {
    let mut last: HashMap<(&str, &str), i64> = HashMap::with_capacity(events.len());
    let mut gaps = Vec::new();
    for (place, event) in events.iter().enumerate() {
        let stream = (event.aggregate_type.as_str(), event.aggregate_id.as_str());
        if let Some(before) = last.insert(stream, event.sequence)
            && event.sequence != before + 1
        {
            gaps.push((
                place,
                ApplyError::Gap {
                    stream: format!("{}/{}", stream.0, stream.1),
                    expected: before + 1,
                    found: event.sequence,
                },
            ));
        }
    }
    gaps
}
