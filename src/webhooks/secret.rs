//! The secrets that sign what webhooks are told, after the Standard Webhooks specification. They are
//! shown once, stored sealed beside the events, and never logged.

use crate::entropy::Entropy;
use crate::sealing::{Sealer, hmac};
use aggregates::{WebhookId, WebhookSecretId};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use std::collections::BTreeMap;
use std::fmt;
use uuid::Uuid;

/// What the specification has in front of a secret.
const PREFIX: &str = "whsec_";
/// The version of the signature: HMAC-SHA-256.
const VERSION: &str = "v1";

/// Signs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

impl Secret {
    pub fn draw(entropy: &Entropy) -> Self {
        Self(entropy.bytes())
    }

    /// As its owner gets it, once.
    pub fn shown(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0))
    }

    /// One signature of a message: for the header, where several are separated by spaces.
    pub fn sign(&self, id: Uuid, at: DateTime<Utc>, body: &str) -> String {
        let signed = format!("{id}.{}.{body}", at.timestamp());
        format!("{VERSION},{}", STANDARD.encode(hmac(&self.0, signed.as_bytes())))
    }

    /// As it may be stored.
    pub fn sealed(
        &self,
        webhook: WebhookId,
        id: WebhookSecretId,
        sealer: &Sealer,
        entropy: &Entropy,
    ) -> Option<String> {
        sealer.seal(&owner(webhook, id), &self.0, entropy)
    }
}

/// The key of a sealed secret in the personal data of its webhook.
pub fn key(id: WebhookSecretId) -> String {
    format!("webhook_secret/{id}")
}

/// A sealed secret opens for its webhook and under its id only.
fn owner(webhook: WebhookId, id: WebhookSecretId) -> [u8; 32] {
    let mut owner = [0; 32];
    owner[..16].copy_from_slice(webhook.uuid().as_bytes());
    owner[16..].copy_from_slice(id.uuid().as_bytes());
    owner
}

/// These secrets of a webhook, in this order, as far as they are there.
pub async fn open(
    pool: &PgPool,
    sealer: &Sealer,
    webhook: WebhookId,
    ids: &[WebhookSecretId],
) -> Result<Vec<Secret>, sqlx::Error> {
    let keys: Vec<String> = ids.iter().map(|id| key(*id)).collect();
    let rows = sqlx::query!(
        "SELECT key, value FROM personal_data WHERE subject_id = $1 AND key = ANY($2)",
        webhook.uuid(),
        &keys
    )
    .fetch_all(pool)
    .await?;
    let stored: BTreeMap<String, String> =
        rows.into_iter().map(|row| (row.key, row.value)).collect();
    let secrets = ids.iter().filter_map(|id| {
        let bytes = sealer.unseal(&owner(webhook, *id), stored.get(&key(*id))?)?;
        Some(Secret(bytes.try_into().ok()?))
    });
    Ok(secrets.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use std::sync::Arc;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        // Computed with another program.
        let secret = Secret([7; 32]);
        assert_eq!(secret.shown(), "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
        let at = DateTime::from_timestamp(1_674_087_231, 0).unwrap();
        let signature = secret.sign(Uuid::from_u128(1), at, "{\"a\":1}");
        assert_eq!(signature, "v1,BK7a5TfZXOb6M1cQ0Xovv0iEtkAKvo+SqRNaYSRNVQ4=");
    }

    #[test]
    fn a_sealed_secret_opens_for_its_webhook_and_its_id_only() {
        let entropy = Entropy::new(Arc::new(SystemClock));
        let sealer = Sealer::derived(b"a secret", b"test");
        let secret = Secret::draw(&entropy);
        let (webhook, id) =
            (WebhookId::new(Uuid::from_u128(1)), WebhookSecretId::new(Uuid::from_u128(2)));
        let stored = secret.sealed(webhook, id, &sealer, &entropy).unwrap();
        assert_eq!(sealer.unseal(&owner(webhook, id), &stored).unwrap(), secret.0);
        assert_eq!(sealer.unseal(&owner(WebhookId::new(id.uuid()), id), &stored), None);
        let other = Sealer::derived(b"a secret", b"another purpose");
        assert_eq!(other.unseal(&owner(webhook, id), &stored), None);
        assert!(!format!("{secret:?}").contains(&secret.shown()[6..]));
    }
}
