//! TLS: which cryptography and which roots.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore};

/// Make *ring* the cryptography of this process. To be called once, early; further calls change nothing.
pub fn install_crypto() {
    // An error means that a provider is installed already. Whoever did that was earlier and wins.
    drop(ring::default_provider().install_default());
}

/// TLS with the roots that are compiled in, for machines that have no certificate store of their own (bare
/// containers).
pub(crate) fn with_built_in_roots() -> Result<ClientConfig, rustls::Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider =
        CryptoProvider::get_default().map_or_else(|| Arc::new(ring::default_provider()), Arc::clone);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_a_way_to_speak_tls() {
        install_crypto();
        install_crypto();
        assert!(with_built_in_roots().is_ok());
    }
}
