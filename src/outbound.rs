//! TLS as a client, for whatever calls others: one provider of cryptography, and the roots of Mozilla,
//! so that nothing of the machine decides whom we believe.

use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// The settings of an encrypted connection to somebody else.
pub fn tls() -> Result<ClientConfig, rustls::Error> {
    let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
