//! One sample of each event of webhooks.

use crate::testing::{id, minute};
use crate::webhook::{DisableReason, Endpoint, Event, Topic};

pub fn webhook() -> Vec<Event> {
    let endpoint = || Endpoint {
        url: "https://shop.example/hooks".parse().unwrap(),
        topics: [Topic::OrderPlaced, Topic::Any].into(),
        description: Some("the warehouse".parse().unwrap()),
    };
    let delivery_id = id(4);
    vec![
        Event::Registered { owner: id(1), endpoint: endpoint(), secret_id: id(2), at: minute(0) },
        Event::Changed { endpoint: endpoint(), at: minute(1) },
        Event::SecretRotated { secret_id: id(3), previous_until: minute(1442), at: minute(2) },
        Event::Enabled { at: minute(3) },
        Event::Disabled { reason: DisableReason::Failing, at: minute(4) },
        Event::Removed { at: minute(5) },
        Event::TestRequested { delivery_id, at: minute(6) },
        Event::ResendRequested { delivery_id, at: minute(7) },
    ]
}
