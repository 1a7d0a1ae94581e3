//! What can have happened to a webhook. Changing this file changes the storage contract. No event
//! holds a secret: they name secrets by their ids.

use super::Endpoint;
use crate::{DeliveryId, UserId, WebhookSecretId, cqrs::domain_event};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Why a webhook is told nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisableReason {
    /// Somebody wanted it.
    ByHand,
    /// Its target said that it is gone for good (410).
    Gone,
    /// Nothing got through for as long as deliveries are tried.
    Failing,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    Registered {
        owner: UserId,
        #[serde(flatten)]
        endpoint: Endpoint,
        secret_id: WebhookSecretId,
        at: DateTime<Utc>,
    },
    /// All of what its owner says of it, as it is now.
    Changed {
        #[serde(flatten)]
        endpoint: Endpoint,
        at: DateTime<Utc>,
    },
    SecretRotated {
        secret_id: WebhookSecretId,
        /// Until when the secret before it signs too.
        previous_until: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    Enabled {
        at: DateTime<Utc>,
    },
    Disabled {
        reason: DisableReason,
        at: DateTime<Utc>,
    },
    Removed {
        at: DateTime<Utc>,
    },
    /// A delivery that says nothing was asked for.
    TestRequested {
        delivery_id: DeliveryId,
        at: DateTime<Utc>,
    },
    /// A delivery is to be sent once more.
    ResendRequested {
        delivery_id: DeliveryId,
        at: DateTime<Utc>,
    },
}

domain_event!(Event {
    Registered => "1.0",
    Changed => "1.0",
    SecretRotated => "1.0",
    Enabled => "1.0",
    Disabled => "1.0",
    Removed => "1.0",
    TestRequested => "1.0",
    ResendRequested => "1.0",
});
