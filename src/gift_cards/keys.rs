//! What is done with the codes of gift cards: a keyed hash finds the card, and a sealed copy waits
//! for whoever is to be told the code. Both keys come from one secret, and so does the one that seals
//! the secrets of webhooks. Never logs a code.

use crate::config::Secret;
use crate::entropy::Entropy;
use crate::keyfile::{self, KeyFileError};
use crate::sealing::{Sealer, hmac};
use aggregates::GiftCardId;
use aggregates::gift_card::{Code, CodeHash};
use std::fmt;
use std::path::Path;

/// The file in the data folder.
const FILE: &str = "code.key";
/// The least length of a secret: as long as its hash.
const LEAST_BYTES: usize = 32;

/// Hashes and seals codes.
#[derive(Clone)]
pub struct CodeKeys {
    hashing: [u8; 32],
    sealing: Sealer,
    webhooks: Sealer,
}

impl fmt::Debug for CodeKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeKeys").finish_non_exhaustive()
    }
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum CodeKeyError {
    #[error("LEDGERLINE_CODE_KEY has {length} bytes; a secret needs at least {LEAST_BYTES}")]
    TooShort { length: usize },
    #[error(transparent)]
    File(#[from] KeyFileError),
}

impl CodeKeys {
    /// From the configuration, or from the secret kept in the data folder, made there where it is
    /// missing.
    pub fn load(
        configured: Option<&Secret>,
        data_dir: &Path,
        entropy: &Entropy,
    ) -> Result<Self, CodeKeyError> {
        let secret = match configured {
            Some(secret) => secret.expose().to_owned(),
            None => keyfile::kept(&data_dir.join(FILE), entropy)?,
        };
        let secret = secret.trim();
        if secret.len() < LEAST_BYTES {
            return Err(CodeKeyError::TooShort { length: secret.len() });
        }
        Ok(Self {
            hashing: hmac(secret.as_bytes(), b"gift-card code: hash"),
            sealing: Sealer::derived(secret.as_bytes(), b"gift-card code: seal"),
            webhooks: Sealer::derived(secret.as_bytes(), b"webhook secret: seal"),
        })
    }

    /// Under which the log knows a code.
    pub fn hash(&self, code: &Code) -> CodeHash {
        CodeHash::new(hex::encode(hmac(&self.hashing, code.canonical().as_bytes())))
    }

    /// The code of a card as it may be stored until somebody is told it.
    pub fn seal(&self, card: GiftCardId, code: &Code, entropy: &Entropy) -> Option<String> {
        self.sealing.seal(card.uuid().as_bytes(), code.canonical().as_bytes(), entropy)
    }

    /// `None` where it was sealed for another card or under another key.
    pub fn unseal(&self, card: GiftCardId, sealed: &str) -> Option<Code> {
        let text = self.sealing.unseal(card.uuid().as_bytes(), sealed)?;
        String::from_utf8(text).ok()?.parse().ok()
    }

    /// Seals the secrets of webhooks.
    pub fn webhooks(&self) -> &Sealer {
        &self.webhooks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use std::sync::Arc;
    use uuid::Uuid;

    fn keys(secret: &str) -> CodeKeys {
        let entropy = Entropy::new(Arc::new(SystemClock));
        CodeKeys::load(Some(&Secret::new(secret)), Path::new("."), &entropy).unwrap()
    }

    #[test]
    fn a_hash_depends_on_the_code_and_on_the_secret() {
        let (one, other) = (keys(&"a1".repeat(20)), keys(&"b2".repeat(20)));
        let code = Code::from_random([3; 10]);
        assert_eq!(one.hash(&code), one.hash(&code.grouped().parse().unwrap()));
        assert_ne!(one.hash(&code), other.hash(&code));
        assert_ne!(one.hash(&code), one.hash(&Code::from_random([4; 10])));
    }

    #[test]
    fn a_sealed_code_opens_for_its_card_and_key_only() {
        let (one, other) = (keys(&"a1".repeat(20)), keys(&"b2".repeat(20)));
        let entropy = Entropy::new(Arc::new(SystemClock));
        let (card, stranger) =
            (GiftCardId::new(Uuid::from_u128(1)), GiftCardId::new(Uuid::from_u128(2)));
        let code = Code::from_random([3; 10]);
        let sealed = one.seal(card, &code, &entropy).unwrap();
        assert!(!sealed.contains(&code.canonical()));
        assert_eq!(one.unseal(card, &sealed), Some(code));
        assert_eq!(one.unseal(stranger, &sealed), None);
        assert_eq!(other.unseal(card, &sealed), None);
        assert_eq!(one.unseal(card, "00"), None);
    }

    #[test]
    fn a_short_secret_is_refused() {
        let entropy = Entropy::new(Arc::new(SystemClock));
        let secret = Secret::new("short");
        let refused = CodeKeys::load(Some(&secret), Path::new("."), &entropy);
        assert!(matches!(refused, Err(CodeKeyError::TooShort { length: 5 })));
    }
}
