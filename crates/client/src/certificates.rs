//! Certificates beyond the machine's own: whom a provider trusts, and who it is.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, RootCertStore};
use thiserror::Error;

use scimitar_domain::Secret;

use crate::tls;

/// Why texts are no certificates or keys. Each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CertificateFault {
    #[error(
        "It holds no certificate. What is expected is PEM: text with lines `-----BEGIN CERTIFICATE-----`."
    )]
    NoCertificate,
    #[error("It is not whole PEM: {0}.")]
    BrokenPem(String),
    #[error("Certificate {place} in it cannot be read: {reason}.")]
    BadCertificate { place: usize, reason: String },
    #[error(
        "It holds no private key. What is expected is PEM: text with a line `-----BEGIN PRIVATE KEY-----`."
    )]
    NoKey,
    #[error("It is not whole PEM: {0}.")]
    BrokenKey(String),
    #[error("The key is encrypted. Take its passphrase off; it is stored encrypted here.")]
    EncryptedKey,
    #[error("The key cannot be used: {0}.")]
    BadKey(String),
    #[error("The key does not belong to the first certificate of the chain.")]
    AnothersKey,
}

impl CertificateFault {
    /// Whether it is the key that has to change.
    pub fn is_about_the_key(&self) -> bool {
        match self {
            Self::NoKey | Self::EncryptedKey | Self::BadKey(_) | Self::BrokenKey(_) | Self::AnothersKey => {
                true
            }
            Self::NoCertificate | Self::BrokenPem(_) | Self::BadCertificate { .. } => false,
        }
    }
}

/// What a provider brings along for TLS. Empty for most.
#[derive(Clone, Default)]
pub struct Certificates {
    authorities: Vec<CertificateDer<'static>>,
    identity: Option<Arc<Identity>>,
}

struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// Both, one below the other.
    pem: Secret<String>,
}

impl Certificates {
    /// Trust these authorities, a bundle in PEM, beside those that the machine trusts.
    pub fn with_authorities(mut self, bundle: &str) -> Result<Self, CertificateFault> {
        let authorities = chain(bundle)?;
        let mut store = RootCertStore::empty();
        for (place, authority) in (1..).zip(&authorities) {
            store
                .add(authority.clone())
                .map_err(|error| CertificateFault::BadCertificate { place, reason: error.to_string() })?;
        }
        self.authorities = authorities;
        Ok(self)
    }

    /// Be whom this chain (PEM, our own certificate first) and its key (PEM) say.
    pub fn with_identity(mut self, own: &str, key: &Secret<String>) -> Result<Self, CertificateFault> {
        tls::install_crypto();
        let chain = chain(own)?;
        let pem = Secret::new(format!("{}\n{own}", key.expose()));
        let key = private_key(key)?;
        let bad = |reason: String| CertificateFault::BadKey(reason);
        let provider =
            CryptoProvider::get_default().ok_or_else(|| bad("there is no cryptography".to_owned()))?;
        match CertifiedKey::from_der(chain.clone(), key.clone_key(), provider) {
            Ok(_) => {}
            Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                return Err(CertificateFault::AnothersKey);
            }
            Err(rustls::Error::InvalidCertificate(error)) => {
                return Err(CertificateFault::BadCertificate { place: 1, reason: error.to_string() });
            }
            Err(error) => return Err(bad(error.to_string())),
        }
        self.identity = Some(Arc::new(Identity { chain, key, pem }));
        Ok(self)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.authorities.is_empty() && self.identity.is_none()
    }

    pub(crate) fn authorities(&self) -> &[CertificateDer<'static>] {
        &self.authorities
    }

    pub(crate) fn identity_pem(&self) -> Option<&Secret<String>> {
        self.identity.as_ref().map(|identity| &identity.pem)
    }

    /// Our chain and key, if there are any.
    pub(crate) fn identity(&self) -> Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
        let identity = self.identity.as_ref()?;
        Some((identity.chain.clone(), identity.key.clone_key()))
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates")
            .field("n_authorities", &self.authorities.len())
            .field("has_identity", &self.identity.is_some())
            .finish()
    }
}

fn chain(text: &str) -> Result<Vec<CertificateDer<'static>>, CertificateFault> {
    let mut chain = Vec::new();
    for (place, certificate) in (1..).zip(CertificateDer::pem_slice_iter(text.as_bytes())) {
        let certificate = certificate.map_err(|error| CertificateFault::BrokenPem(broken(&error)))?;
        rustls::server::ParsedCertificate::try_from(&certificate)
            .map_err(|error| CertificateFault::BadCertificate { place, reason: error.to_string() })?;
        chain.push(certificate);
    }
    if chain.is_empty() { Err(CertificateFault::NoCertificate) } else { Ok(chain) }
}

fn private_key(text: &Secret<String>) -> Result<PrivateKeyDer<'static>, CertificateFault> {
    let text = text.expose();
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(CertificateFault::EncryptedKey);
    }
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| match error {
        pem::Error::NoItemsFound => CertificateFault::NoKey,
        error => CertificateFault::BrokenKey(broken(&error)),
    })
}

/// What is wrong with PEM, without any of its text, which may be a part of a key.
fn broken(error: &pem::Error) -> String {
    let reason = match error {
        pem::Error::MissingSectionEnd { .. } => "a section has no line `-----END …-----`",
        pem::Error::IllegalSectionStart { .. } => "a line `-----BEGIN …-----` is damaged",
        pem::Error::Base64Decode(_) => "what stands between two of its marks is not Base64",
        _other => "it cannot be read",
    };
    reason.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHORITY: &str = include_str!("../../testkit/fixtures/tls/authority.cert.pem");
    const CLIENT: &str = include_str!("../../testkit/fixtures/tls/client.cert.pem");
    const KEY: &str = include_str!("../../testkit/fixtures/tls/client.key.pem");
    const OTHER_KEY: &str = include_str!("../../testkit/fixtures/tls/server.key.pem");

    #[track_caller]
    fn check(read: Result<Certificates, CertificateFault>, expected: &str) {
        let told = read.map_or_else(|fault| fault.to_string(), |read| format!("{read:?}"));
        assert_eq!(told, expected);
    }

    fn identity(chain: &str, key: &str) -> Result<Certificates, CertificateFault> {
        Certificates::default().with_identity(chain, &Secret::new(key.to_owned()))
    }

    #[test]
    fn a_bundle_is_read_or_says_what_is_wrong() {
        let read = |bundle: &str| Certificates::default().with_authorities(bundle);
        let two = "Certificates { n_authorities: 2, has_identity: false }";
        check(read(&format!("comment\n{AUTHORITY}\n{CLIENT}")), two);
        let none = "It holds no certificate. What is expected is PEM: text with lines `-----BEGIN CERTIFICATE-----`.";
        for bundle in ["", "MIIB", OTHER_KEY] {
            check(read(bundle), none);
        }
        let cut = AUTHORITY.replace("-----END CERTIFICATE-----", "");
        check(read(&cut), "It is not whole PEM: a section has no line `-----END …-----`.");
        let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let told = read(&format!("{AUTHORITY}{empty}")).unwrap_err().to_string();
        assert!(told.starts_with("Certificate 2 in it cannot be read: "), "{told}");
    }

    #[test]
    fn an_identity_is_a_chain_and_its_own_key() {
        check(identity(CLIENT, KEY), "Certificates { n_authorities: 0, has_identity: true }");
        check(identity(CLIENT, OTHER_KEY), "The key does not belong to the first certificate of the chain.");
        let none = "It holds no private key. What is expected is PEM: text with a line `-----BEGIN PRIVATE KEY-----`.";
        check(identity(CLIENT, CLIENT), none);
        let encrypted = KEY.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        check(
            identity(CLIENT, &encrypted),
            "The key is encrypted. Take its passphrase off; it is stored encrypted here.",
        );
        let damaged = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let told = identity(CLIENT, damaged).unwrap_err().to_string();
        assert!(told.starts_with("The key cannot be used: "), "{told}");
        let told = identity(CLIENT, &KEY.replace('M', "!")).unwrap_err().to_string();
        assert_eq!(told, "It is not whole PEM: what stands between two of its marks is not Base64.");
    }
}
