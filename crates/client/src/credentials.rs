//! How a remote knows us: a key that was given to us, or one that an authorization server issues.

use std::fmt;
use std::sync::Arc;

use reqwest::header::HeaderValue;

use scimitar_domain::Secret;

use crate::error::ClientError;
use crate::issuer::Issuer;

/// What calls authenticate with.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// Sent as `Authorization: Bearer`; an empty one sends no such header.
    Bearer(Secret<String>),
    /// Access tokens by the client credentials grant (RFC 6749 §4.4), renewed before they expire.
    ClientCredentials(ClientCredentials),
}

/// A client at an authorization server.
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// The token endpoint, http or https. It is held to the same egress rules as the remote.
    pub token_url: String,
    pub client_id: String,
    pub client_secret: Secret<String>,
    pub authentication: ClientAuthentication,
    /// Sent along with the request for a token: `scope`, `audience`, `resource`…
    pub parameters: Vec<(String, String)>,
}

/// How the client authenticates to the token endpoint (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuthentication {
    /// By HTTP Basic, which every authorization server has to support.
    #[default]
    Basic,
    /// By `client_id` and `client_secret` in the body, for those that do not.
    Body,
}

/// A key as calls carry it.
#[derive(Clone)]
pub(crate) struct Key {
    inner: Arc<Inner>,
}

struct Inner {
    secret: Secret<String>,
    header: Option<HeaderValue>,
}

impl Key {
    pub(crate) fn new(secret: Secret<String>) -> Result<Self, ClientError> {
        let header = match secret.expose().as_str() {
            "" => None,
            key => {
                let mut header =
                    HeaderValue::try_from(format!("Bearer {key}")).or(Err(ClientError::BadToken))?;
                header.set_sensitive(true);
                Some(header)
            }
        };
        Ok(Self { inner: Arc::new(Inner { secret, header }) })
    }

    /// What no text may show.
    pub(crate) fn hidden(&self) -> &[Secret<String>] {
        std::slice::from_ref(&self.inner.secret)
    }

    pub(crate) fn header(&self) -> Option<&HeaderValue> {
        self.inner.header.as_ref()
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where a client has its keys from.
#[derive(Debug)]
pub(crate) enum Keys {
    Given(Key),
    Issued(Box<Issuer>),
}

impl Keys {
    /// The key of the next call. Asks the authorization server where there is none that is good for a while.
    pub(crate) async fn key(&self) -> Result<Key, ClientError> {
        match self {
            Self::Given(key) => Ok(key.clone()),
            Self::Issued(issuer) => issuer.key().await,
        }
    }

    /// The remote has refused this key. Answers whether there may be another one.
    pub(crate) async fn refused(&self, key: &Key) -> bool {
        match self {
            Self::Given(_) => false,
            Self::Issued(issuer) => {
                issuer.forget(key).await;
                true
            }
        }
    }
}
