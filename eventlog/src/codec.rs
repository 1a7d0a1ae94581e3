//! How stored events and snapshots are read back: upcasting, and which streams have snapshots.

use cqrs_es::DomainEvent;
use cqrs_es::persist::{EventUpcaster, SerializedEvent};
use std::collections::HashMap;

/// When a stream's state is stored beside its events, so that a long stream loads fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotPolicy {
    /// Events between two snapshots.
    pub every: i64,
    /// Raise it when the form of the state changes: older snapshots are then ignored.
    pub schema_version: i32,
}

/// What the log knows of the domain's stored forms.
#[derive(Default)]
pub struct Codec {
    upcasters: HashMap<&'static str, Vec<&'static dyn EventUpcaster>>,
    snapshots: HashMap<&'static str, SnapshotPolicy>,
}

impl Codec {
    /// Old forms of one stream type's events, each step to the next form.
    pub fn upcast(
        mut self,
        aggregate_type: &'static str,
        upcasters: impl IntoIterator<Item = &'static dyn EventUpcaster>,
    ) -> Self {
        self.upcasters.entry(aggregate_type).or_default().extend(upcasters);
        self
    }

    /// Streams of this type get snapshots.
    pub fn snapshot(mut self, aggregate_type: &'static str, policy: SnapshotPolicy) -> Self {
        self.snapshots.insert(aggregate_type, policy);
        self
    }

    pub(crate) fn snapshot_policy(&self, aggregate_type: &str) -> Option<SnapshotPolicy> {
        self.snapshots.get(aggregate_type).copied()
    }

    /// The event in its current form. `payload` is JSON text as stored.
    pub fn decode<E: DomainEvent>(
        &self,
        aggregate_type: &str,
        event_type: &str,
        event_version: &str,
        payload: &str,
    ) -> Result<E, serde_json::Error> {
        let applies = |version: &str| {
            let upcasters = self.upcasters.get(aggregate_type)?;
            upcasters.iter().find(|upcaster| upcaster.can_upcast(event_type, version))
        };
        let Some(mut upcaster) = applies(event_version) else {
            return serde_json::from_str(payload);
        };
        let mut event = SerializedEvent {
            aggregate_id: String::new(),
            sequence: 0,
            aggregate_type: aggregate_type.to_owned(),
            event_type: event_type.to_owned(),
            event_version: event_version.to_owned(),
            payload: serde_json::from_str(payload)?,
            metadata: serde_json::Value::Null,
        };
        loop {
            event = upcaster.upcast(event);
            match applies(&event.event_version) {
                Some(next) => upcaster = next,
                None => return serde_json::from_value(event.payload),
            }
        }
    }

    /// Applies the upcasters to an event as postgres-es loaded it.
    pub(crate) fn upcast_loaded(&self, mut event: SerializedEvent) -> SerializedEvent {
        for upcaster in self.upcasters.get(event.aggregate_type.as_str()).into_iter().flatten() {
            if upcaster.can_upcast(&event.event_type, &event.event_version) {
                event = upcaster.upcast(event);
            }
        }
        event
    }
}
