//! The key that signs tree heads: configured, or made once and kept in the data folder. Whoever has it
//! can vouch for another history, so it is never shown and never stored in the database.

use super::note::{NoteError, NoteSigner};
use crate::config::Config;
use crate::entropy::Entropy;
use crate::keyfile::{self, KeyFileError};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::DecodePrivateKey;

/// The file in the data folder.
const FILE: &str = "audit.key";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum AuditKeyError {
    #[error("LEDGERLINE_AUDIT_KEY must be `ed25519:` and 64 hexadecimal digits, or PEM")]
    Form,
    #[error("LEDGERLINE_AUDIT_KEY is not an Ed25519 private key in PKCS #8 PEM: {0}")]
    Pem(#[from] ed25519_dalek::pkcs8::Error),
    #[error("[audit] origin: {0}")]
    Origin(#[from] NoteError),
    #[error(transparent)]
    File(#[from] KeyFileError),
}

/// From the configuration, or the one kept in the data folder, made there where it is missing.
pub fn load(config: &Config, entropy: &Entropy) -> Result<NoteSigner, AuditKeyError> {
    let key = match &config.audit_key {
        Some(key) => parse(key.expose())?,
        None => parse(&keyfile::kept(&config.data_dir.join(FILE), entropy)?)?,
    };
    Ok(NoteSigner::new(&config.audit.origin, key)?)
}

/// A new key as text, for the configuration, and what signs with it.
pub fn random_key(origin: &str, entropy: &Entropy) -> Result<(String, NoteSigner), AuditKeyError> {
    let seed = entropy.bytes::<32>();
    let signer = NoteSigner::new(origin, SigningKey::from_bytes(&seed))?;
    Ok((format!("ed25519:{}", hex::encode(seed)), signer))
}

fn parse(text: &str) -> Result<SigningKey, AuditKeyError> {
    let text = text.trim();
    if text.starts_with("-----BEGIN") {
        return Ok(SigningKey::from_pkcs8_pem(text)?);
    }
    let mut seed = [0; 32];
    let digits = text.strip_prefix("ed25519:").ok_or(AuditKeyError::Form)?;
    hex::decode_to_slice(digits, &mut seed).map_err(|_| AuditKeyError::Form)?;
    Ok(SigningKey::from_bytes(&seed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use std::sync::Arc;

    #[test]
    fn a_generated_key_can_be_configured() {
        let entropy = Entropy::new(Arc::new(SystemClock));
        let (text, signer) = random_key("shop.example", &entropy).unwrap();
        let again = NoteSigner::new("shop.example", parse(&text).unwrap()).unwrap();
        assert_eq!(again.verifier(), signer.verifier());
        let (other, _) = random_key("shop.example", &entropy).unwrap();
        assert_ne!(other, text);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "ed25519:12", "secret", "ed25519:zz"] {
            assert!(matches!(parse(text), Err(AuditKeyError::Form)), "{text}");
        }
        assert!(matches!(parse("-----BEGIN NOTHING"), Err(AuditKeyError::Pem(_))));
    }
}
