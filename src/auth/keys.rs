//! The key that signs access tokens: read from the configuration, or made once and kept in the data
//! folder; and those that signed before it. Never accepts a key that somebody else could guess.

use crate::config::Secret;
use crate::entropy::Entropy;
use crate::keyfile;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use std::fmt;
use std::path::Path;

/// The least length of an HS256 secret: as long as its hash (RFC 7518, 3.2).
const SECRET_LEAST_BYTES: usize = 32;
/// The file in the data folder.
const FILE: &str = "jwt.key";
/// What stands in documentation and templates, and therefore in the lists of those who guess.
const WELL_KNOWN: [&str; 16] = [
    "changeme",
    "change-me",
    "change_me",
    "change-this",
    "change_this",
    "your-secret",
    "your_secret",
    "your-256-bit-secret",
    "supersecret",
    "super-secret",
    "super_secret",
    "secret-key",
    "secret_key",
    "insecure",
    "password",
    "0123456789abcdef0123456789abcdef",
];

/// Signs access tokens with one key, and verifies those of this one and of the old ones, each with
/// its own algorithm.
#[derive(Clone)]
pub struct SigningKeys {
    pub(super) algorithm: Algorithm,
    pub(super) signing: EncodingKey,
    /// The key that signs comes first, then the old ones.
    pub(super) verifying: Vec<VerifyingKey>,
}

/// Verifies tokens, and only those that its algorithm signed.
#[derive(Clone)]
pub(super) struct VerifyingKey {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys")
            .field("algorithm", &self.algorithm)
            .field("verifying", &self.verifying.len())
            .finish_non_exhaustive()
    }
}

/// Why a key is refused.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("LEDGERLINE_JWT_KEY has {length} bytes; a secret needs at least {SECRET_LEAST_BYTES}")]
    TooShort { length: usize },
    #[error("LEDGERLINE_JWT_KEY is a well-known default; make a random one")]
    WellKnown,
    #[error("LEDGERLINE_JWT_KEY repeats few characters; make a random one")]
    Monotonous,
    #[error("LEDGERLINE_JWT_KEY starts with `ed25519:`, and 64 hexadecimal digits must follow")]
    Seed,
    #[error("LEDGERLINE_JWT_KEY is not an Ed25519 private key in PKCS #8 PEM: {0}")]
    Pem(#[from] ed25519_dalek::pkcs8::Error),
    #[error("key {number} of LEDGERLINE_JWT_OLD_KEYS is refused: {source}")]
    Old { number: usize, source: Box<KeyError> },
    #[error(transparent)]
    File(#[from] keyfile::KeyFileError),
}

impl SigningKeys {
    /// From the configuration, or the one kept in the data folder, made there where it is missing.
    /// `old` are the keys that signed before.
    pub fn load(
        configured: Option<&Secret>,
        old: Option<&Secret>,
        data_dir: &Path,
        entropy: &Entropy,
    ) -> Result<Self, KeyError> {
        let current = match configured {
            Some(key) => Self::parse(key.expose())?,
            None => Self::parse(&keyfile::kept(&data_dir.join(FILE), entropy)?)?,
        };
        current.accepting(old.map_or("", Secret::expose))
    }

    /// Accepts also what these keys have signed; see [`crate::config::Flags::jwt_old_keys`].
    pub fn accepting(mut self, old: &str) -> Result<Self, KeyError> {
        for (index, text) in each(old).iter().enumerate() {
            let old = Self::parse(text)
                .map_err(|source| KeyError::Old { number: index + 1, source: Box::new(source) })?;
            self.verifying.extend(old.verifying);
        }
        Ok(self)
    }

    /// From text; see [`crate::config::Flags::jwt_key`] for its forms.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.starts_with("-----BEGIN") {
            return Self::ed25519(&SigningKey::from_pkcs8_pem(text)?);
        }
        if let Some(seed) = text.strip_prefix("ed25519:") {
            let mut bytes = [0; 32];
            hex::decode_to_slice(seed.trim(), &mut bytes).map_err(|_| KeyError::Seed)?;
            refuse_monotonous(&bytes)?;
            return Self::ed25519(&SigningKey::from_bytes(&bytes));
        }
        if text.len() < SECRET_LEAST_BYTES {
            return Err(KeyError::TooShort { length: text.len() });
        }
        let lower = text.to_lowercase();
        if WELL_KNOWN.iter().any(|known| lower.contains(known)) {
            return Err(KeyError::WellKnown);
        }
        refuse_monotonous(text.as_bytes())?;
        Ok(Self::one(
            Algorithm::HS256,
            EncodingKey::from_secret(text.as_bytes()),
            DecodingKey::from_secret(text.as_bytes()),
        ))
    }

    fn ed25519(key: &SigningKey) -> Result<Self, KeyError> {
        Ok(Self::one(
            Algorithm::EdDSA,
            EncodingKey::from_ed_der(key.to_pkcs8_der()?.as_bytes()),
            DecodingKey::from_ed_der(key.verifying_key().as_bytes()),
        ))
    }

    fn one(algorithm: Algorithm, signing: EncodingKey, key: DecodingKey) -> Self {
        Self { algorithm, signing, verifying: vec![VerifyingKey { algorithm, key }] }
    }
}

/// The keys of a text with one in each line; a PEM block is one, over all of its lines. A secret may
/// hold any other sign, so that nothing else could separate them.
fn each(text: &str) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    let mut in_block = false;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match keys.last_mut() {
            Some(block) if in_block => {
                block.push('\n');
                block.push_str(line);
            }
            _ => keys.push(line.to_owned()),
        }
        in_block = (in_block || line.starts_with("-----BEGIN")) && !line.starts_with("-----END");
    }
    keys
}

/// Refuses what nobody draws at random: 32 random bytes have about 30 different values, 32 random
/// hexadecimal digits about 14.
fn refuse_monotonous(key: &[u8]) -> Result<(), KeyError> {
    let mut seen = [false; 256];
    for byte in key {
        seen[usize::from(*byte)] = true;
    }
    let different = seen.iter().filter(|seen| **seen).count();
    if different < 8 { Err(KeyError::Monotonous) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_keys_are_refused() {
        assert!(matches!(SigningKeys::parse("short"), Err(KeyError::TooShort { length: 5 })));
        let known = "your-256-bit-secret-your-256-bit-secret";
        assert!(matches!(SigningKeys::parse(known), Err(KeyError::WellKnown)));
        assert!(matches!(SigningKeys::parse(&"ab".repeat(20)), Err(KeyError::Monotonous)));
        let zeros = format!("ed25519:{}", "0".repeat(64));
        assert!(matches!(SigningKeys::parse(&zeros), Err(KeyError::Monotonous)));
        assert!(matches!(SigningKeys::parse("ed25519:abc"), Err(KeyError::Seed)));
    }

    #[test]
    fn a_long_random_secret_signs_with_hs256() {
        let keys = SigningKeys::parse("q8Zt1vB5nM7kX2cR9wL4pJ6hG3fD0sAy").unwrap();
        assert_eq!(keys.algorithm, Algorithm::HS256);
    }

    #[test]
    fn old_keys_stand_one_in_each_line_and_are_as_strong_as_new_ones() {
        let pem = "-----BEGIN PRIVATE KEY-----\nAAAA\nBBBB\n-----END PRIVATE KEY-----";
        let secret = "q8Zt1vB5nM7k,;X2cR9wL4pJ6hG3fD0sAy";
        assert_eq!(each(&format!("\n {secret}\r\n{pem}\n{secret}\n")), [secret, pem, secret]);
        assert_eq!(each(" \n"), [""; 0]);
        let current = SigningKeys::parse(secret).unwrap();
        let refused = current.clone().accepting(&format!("{secret}\nshort")).unwrap_err();
        assert!(matches!(refused, KeyError::Old { number: 2, .. }), "{refused}");
        assert!(!refused.to_string().contains("Zt1v"));
        assert_eq!(current.accepting("").unwrap().verifying.len(), 1);
    }
}
