//! Sealing: what must be stored and must not be read from the database alone. A sealed text opens
//! under its own key and for its own purpose only. Never logs what it seals.

use crate::entropy::Entropy;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;

/// A key that seals, derived from the server's secret.
#[derive(Clone)]
pub struct Sealer([u8; 32]);

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl Sealer {
    /// `purpose` keeps the keys for different things apart.
    pub fn derived(secret: &[u8], purpose: &[u8]) -> Self {
        Self(hmac(secret, purpose))
    }

    /// Hexadecimal. `owner` is what it belongs to: it opens for nothing else.
    pub fn seal(&self, owner: &[u8], open: &[u8], entropy: &Entropy) -> Option<String> {
        let nonce = entropy.bytes::<12>();
        let payload = Payload { msg: open, aad: owner };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload).ok()?;
        Some(hex::encode([nonce.as_slice(), &sealed].concat()))
    }

    /// `None` where it was sealed for another owner or under another key.
    pub fn unseal(&self, owner: &[u8], sealed: &str) -> Option<Vec<u8>> {
        let bytes = hex::decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<12>()?;
        let payload = Payload { msg: sealed, aad: owner };
        self.cipher().decrypt(&Nonce::from(*nonce), payload).ok()
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&Key::from(self.0))
    }
}

/// HMAC-SHA-256.
pub fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length: the constructor cannot fail.
    match <Hmac<Sha256> as Mac>::new_from_slice(key) {
        Ok(mac) => mac.chain_update(message).finalize().into_bytes().into(),
        Err(_) => [0; 32],
    }
}
