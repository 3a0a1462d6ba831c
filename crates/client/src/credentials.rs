//! How a remote knows us: a key that was given to us, or one that an authorization server issues.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

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
    /// A user name and a password (RFC 7617).
    Basic { user: String, password: Secret<String> },
    /// A header of the remote's own.
    Header { name: String, value: Secret<String> },
    /// Nothing is said in the request: the certificate of the connection tells who we are.
    Certificate,
}

/// Headers that are ours to set, or the connection's.
const RESERVED: [&str; 12] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

impl Credentials {
    /// Whether requests can carry them.
    pub fn check(&self) -> Result<(), ClientError> {
        match self {
            Self::ClientCredentials(_) => Ok(()),
            Self::Bearer(_) | Self::Basic { .. } | Self::Header { .. } | Self::Certificate => {
                self.key().map(drop)
            }
        }
    }

    /// The key of every call; of an authorization server's client none, before it has asked.
    pub(crate) fn key(&self) -> Result<Key, ClientError> {
        match self {
            Self::Bearer(token) => Key::new(token.clone()),
            Self::Basic { user, password } => Key::basic(user, password),
            Self::Header { name, value } => Key::header(name, value),
            Self::ClientCredentials(_) | Self::Certificate => Ok(Key::of(None, Vec::new())),
        }
    }
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
    header: Option<(HeaderName, HeaderValue)>,
    hidden: Vec<Secret<String>>,
}

impl Key {
    /// A bearer token; an empty one says nothing.
    pub(crate) fn new(token: Secret<String>) -> Result<Self, ClientError> {
        if token.expose().is_empty() {
            return Ok(Self::of(None, Vec::new()));
        }
        let value = sensitive(format!("Bearer {}", token.expose()))?;
        Ok(Self::of(Some((AUTHORIZATION, value)), vec![token]))
    }

    fn basic(user: &str, password: &Secret<String>) -> Result<Self, ClientError> {
        // The colon is the first one (RFC 7617 §2), and nothing may break the line.
        if user.contains(|it: char| it == ':' || it.is_control())
            || password.expose().contains(char::is_control)
        {
            return Err(ClientError::BadUser);
        }
        let encoded = STANDARD.encode(format!("{user}:{}", password.expose()));
        let value = sensitive(format!("Basic {encoded}"))?;
        Ok(Self::of(Some((AUTHORIZATION, value)), vec![password.clone(), Secret::new(encoded)]))
    }

    fn header(name: &str, value: &Secret<String>) -> Result<Self, ClientError> {
        let bad = || ClientError::BadHeader { name: name.to_owned() };
        let name = HeaderName::try_from(name).map_err(|_unfit| bad())?;
        if RESERVED.contains(&name.as_str()) {
            return Err(bad());
        }
        Ok(Self::of(Some((name, sensitive(value.expose().clone())?)), vec![value.clone()]))
    }

    fn of(header: Option<(HeaderName, HeaderValue)>, hidden: Vec<Secret<String>>) -> Self {
        Self { inner: Arc::new(Inner { header, hidden }) }
    }

    /// What no text may show.
    pub(crate) fn hidden(&self) -> &[Secret<String>] {
        &self.inner.hidden
    }

    /// The header that calls carry, if there is one.
    pub(crate) fn as_header(&self) -> Option<(HeaderName, HeaderValue)> {
        self.inner.header.clone()
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

fn sensitive(text: String) -> Result<HeaderValue, ClientError> {
    let mut value = HeaderValue::try_from(text).or(Err(ClientError::BadToken))?;
    value.set_sensitive(true);
    Ok(value)
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
