//! TLS: which cryptography and which roots.

use std::sync::Arc;

use reqwest::{Certificate, ClientBuilder, Identity};
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore};

use crate::certificates::Certificates;

/// Make *ring* the cryptography of this process. To be called once, early; further calls change nothing.
pub fn install_crypto() {
    // An error means that a provider is installed already. Whoever did that was earlier and wins.
    drop(ring::default_provider().install_default());
}

/// Trust the certificates' authorities too.
pub(crate) fn with_authorities(
    builder: ClientBuilder,
    certificates: &Certificates,
) -> reqwest::Result<ClientBuilder> {
    let authorities: Vec<_> = certificates
        .authorities()
        .iter()
        .map(|authority| Certificate::from_der(authority))
        .collect::<reqwest::Result<_>>()?;
    Ok(if authorities.is_empty() { builder } else { builder.tls_certs_merge(authorities) })
}

/// Be whom the certificates say that we are.
pub(crate) fn with_identity(
    builder: ClientBuilder,
    certificates: &Certificates,
) -> reqwest::Result<ClientBuilder> {
    match certificates.identity_pem() {
        Some(pem) => Ok(builder.identity(Identity::from_pem(pem.expose().as_bytes())?)),
        None => Ok(builder),
    }
}

/// TLS with the roots that are compiled in, for machines that have no certificate store of their own (bare
/// containers).
pub(crate) fn with_built_in_roots(certificates: &Certificates) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for authority in certificates.authorities() {
        roots.add(authority.clone())?;
    }
    let provider =
        CryptoProvider::get_default().map_or_else(|| Arc::new(ring::default_provider()), Arc::clone);
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let mut config = match certificates.identity() {
        Some((chain, key)) => config.with_client_auth_cert(chain, key)?,
        None => config.with_no_client_auth(),
    };
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
        assert!(with_built_in_roots(&Certificates::default()).is_ok());
    }
}
