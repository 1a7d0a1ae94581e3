//! Old forms of events, brought to the current form when they are read. Stored bytes never change.

use cqrs_es::persist::{EventUpcaster, SemanticVersionEventUpcaster, SerializedEvent};
use serde_json::Value;
use std::sync::LazyLock;

/// One step from an older form, of events of one stream type.
struct Step {
    aggregate_type: &'static str,
    upcaster: SemanticVersionEventUpcaster,
}

static STEPS: LazyLock<Vec<Step>> = LazyLock::new(|| {
    vec![Step {
        aggregate_type: "product",
        upcaster: SemanticVersionEventUpcaster::new(
            "Created",
            "2.0",
            Box::new(product_created_with_many_images),
        ),
    }]
});

/// 1.0 → 2.0: a product had one `image_url`, now it has a list of `image_urls`.
fn product_created_with_many_images(mut payload: Value) -> Value {
    if let Some(created) = payload.get_mut("Created").and_then(Value::as_object_mut) {
        let urls = match created.remove("image_url") {
            Some(Value::String(url)) => vec![Value::String(url)],
            _ => Vec::new(),
        };
        created.insert("image_urls".to_owned(), Value::Array(urls));
    }
    payload
}

/// The payload in its current form, or `None` where the stored form is the current one already.
pub(crate) fn upcast(
    aggregate_type: &str,
    event_type: &str,
    event_version: &str,
    payload: &str,
) -> Option<Result<Value, serde_json::Error>> {
    let applies = |version: &str| {
        STEPS.iter().find(|step| {
            step.aggregate_type == aggregate_type && step.upcaster.can_upcast(event_type, version)
        })
    };
    let mut step = applies(event_version)?;
    let payload = match serde_json::from_str(payload) {
        Ok(payload) => payload,
        Err(error) => return Some(Err(error)),
    };
    let mut event = SerializedEvent {
        aggregate_id: String::new(),
        sequence: 0,
        aggregate_type: aggregate_type.to_owned(),
        event_type: event_type.to_owned(),
        event_version: event_version.to_owned(),
        payload,
        metadata: Value::Null,
    };
    loop {
        event = step.upcaster.upcast(event);
        match applies(&event.event_version) {
            Some(next) => step = next,
            None => return Some(Ok(event.payload)),
        }
    }
}

/// The upcasters of one stream type, for a cqrs-es event store.
pub fn upcasters(aggregate_type: &str) -> impl Iterator<Item = &'static dyn EventUpcaster> {
    STEPS
        .iter()
        .filter(move |step| step.aggregate_type == aggregate_type)
        .map(|step| &step.upcaster as &dyn EventUpcaster)
}
