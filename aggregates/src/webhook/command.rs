//! What can be asked of a webhook.

use super::{Audience, DisableReason, Endpoint};
use crate::{DeliveryId, UserId, WebhookSecretId};
use chrono::{DateTime, Utc};

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Register {
        owner: UserId,
        /// What the owner may be told of.
        audience: Audience,
        endpoint: Endpoint,
        secret_id: WebhookSecretId,
        /// How many webhooks the owner has already, and may have.
        others: u32,
        limit: u32,
        at: DateTime<Utc>,
    },
    /// Causes nothing where nothing changes.
    Change {
        audience: Audience,
        endpoint: Endpoint,
        at: DateTime<Utc>,
    },
    /// The secret before it keeps signing beside the new one for a while.
    RotateSecret {
        secret_id: WebhookSecretId,
        at: DateTime<Utc>,
    },
    /// Causes nothing where it is enabled.
    Enable {
        at: DateTime<Utc>,
    },
    /// Causes nothing where it is disabled.
    Disable {
        reason: DisableReason,
        at: DateTime<Utc>,
    },
    Remove {
        at: DateTime<Utc>,
    },
    RequestTest {
        delivery_id: DeliveryId,
        at: DateTime<Utc>,
    },
    RequestResend {
        delivery_id: DeliveryId,
        at: DateTime<Utc>,
    },
}
