//! How the way to PostgreSQL is protected: `sslmode` and `sslrootcert` of the address.
//!
//! The words are libpq's; the driver knows fewer of them, so they are taken out of the address here.

use std::sync::Arc;

use diesel::{ConnectionError, ConnectionResult};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// What an address asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Protection {
    Off,
    /// Encrypted where the server offers it, whoever the server is. An attacker on the way could talk both sides
    /// out of it, so judging the certificate would add nothing; many servers have one that nobody signed.
    Prefer,
    /// Encrypted, and the server's certificate is judged: by these roots, or by the public ones.
    Verify {
        roots: Option<String>,
    },
}

/// Split an address into what the driver reads and what it does not.
pub(super) fn split(url: &str) -> (String, Protection) {
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), Protection::Prefer) };
    let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
    for part in query.split('&') {
        match part.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value),
            Some(("sslrootcert", value)) => roots = Some(value.to_owned()),
            Some(_) | None => rest.push(part),
        }
    }
    let protection = match mode {
        Some("disable") => Protection::Off,
        Some("allow" | "prefer") => Protection::Prefer,
        None if roots.is_none() => Protection::Prefer,
        // What is not known is read as the strictest that is.
        Some(_) | None => Protection::Verify { roots },
    };
    let url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    (url, protection)
}

impl Protection {
    pub(super) fn for_driver(&self) -> SslMode {
        match self {
            Self::Off => SslMode::Disable,
            Self::Prefer => SslMode::Prefer,
            Self::Verify { .. } => SslMode::Require,
        }
    }

    pub(super) fn connector(&self) -> ConnectionResult<Option<MakeRustlsConnect>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| bad(&error))?;
        let config = match self {
            Self::Off => return Ok(None),
            Self::Prefer => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyServer { provider }))
                .with_no_client_auth(),
            Self::Verify { roots } => {
                builder.with_root_certificates(trusted(roots.as_deref())?).with_no_client_auth()
            }
        };
        Ok(Some(MakeRustlsConnect::new(config)))
    }
}

fn trusted(path: Option<&str>) -> ConnectionResult<RootCertStore> {
    let Some(path) = path else {
        return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    };
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| bad(&error))? {
        store.add(certificate.map_err(|error| bad(&error))?).map_err(|error| bad(&error))?;
    }
    Ok(store)
}

fn bad(error: &dyn std::error::Error) -> ConnectionError {
    ConnectionError::BadConnection(error.to_string())
}

/// Takes any certificate, but no forged signature.
#[derive(Debug)]
struct AnyServer {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, left: &str, expected: Protection) {
        let base = "postgres://scimitar@db/scimitar";
        assert_eq!(split(&format!("{base}{query}")), (format!("{base}{left}"), expected), "{query}");
    }

    #[test]
    fn the_address_says_how_the_way_is_protected() {
        let roots = || Some("/etc/ca.pem".to_owned());
        check("", "", Protection::Prefer);
        check("?sslmode=disable", "", Protection::Off);
        check("?sslmode=prefer&target_session_attrs=any", "?target_session_attrs=any", Protection::Prefer);
        check("?sslmode=require", "", Protection::Verify { roots: None });
        check("?sslmode=verify-full&sslrootcert=/etc/ca.pem", "", Protection::Verify { roots: roots() });
        check("?sslrootcert=/etc/ca.pem", "", Protection::Verify { roots: roots() });
    }
}
