//! Typed ids: a product's id cannot be passed where an order's is meant. All are UUIDs.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

ids!(
    /// An account, and the subject of its personal data.
    UserId,
    /// A product, and its stock item.
    ProductId,
    /// An artist of the record store.
    ArtistId,
    /// A cart: the id of the account or of the guest session that owns it.
    CartId,
    OrderId,
    PaymentId,
    /// One refund of an order; the payment provider's idempotency key for it.
    RefundId,
    /// A review: follows from its product and its author.
    ReviewId,
    /// A gift card; its code is something else, and can be replaced.
    GiftCardId,
    WebhookId,
    /// A secret that signs what a webhook is told; the secret itself is in no event.
    WebhookSecretId,
    /// One thing that one webhook is told, however often it is tried.
    DeliveryId,
);

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "00000000-0000-0000-0000-000000000007";

    #[test]
    fn an_id_is_its_uuid_in_text_and_json() {
        let id = OrderId::new(Uuid::from_u128(7));
        assert_eq!(id.to_string(), TEXT);
        assert_eq!(TEXT.parse(), Ok(id));
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{TEXT}\""));
        assert_eq!(serde_json::from_str::<OrderId>(&format!("\"{TEXT}\"")).unwrap(), id);
        assert_eq!(OrderId::from(id.uuid()), id);
    }

    #[test]
    fn what_is_no_uuid_is_no_id() {
        for wrong in ["", "7", "not-a-uuid", "00000000-0000-0000-0000-00000000000g"] {
            assert!(wrong.parse::<ProductId>().is_err(), "{wrong:?}");
        }
    }
}
