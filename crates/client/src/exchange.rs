//! What one call was, for whoever wants to show it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One call to a remote and what became of it. Holds no credential: the URL is without its query, and both bodies are
/// as people may see them, without passwords and at most [`SHOWN`](crate::shown::SHOWN) bytes long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    pub method: Method,
    pub url: String,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    pub duration: Duration,
    pub request: Option<String>,
    pub response: Option<String>,
}

/// Receives exchanges when they are over. What nobody receives is never put together.
#[derive(Clone)]
pub struct Recorder {
    wanted: Wanted,
    tell: Arc<dyn Fn(Exchange) + Send + Sync>,
}

/// Which exchanges are worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    All,
    /// Those that did not end as was asked for.
    Failures,
}

impl Recorder {
    pub fn new(wanted: Wanted, tell: impl Fn(Exchange) + Send + Sync + 'static) -> Self {
        Self { wanted, tell: Arc::new(tell) }
    }

    pub(crate) fn wants(&self, has_failed: bool) -> bool {
        match self.wanted {
            Wanted::All => true,
            Wanted::Failures => has_failed,
        }
    }

    pub(crate) fn tell(&self, exchange: Exchange) {
        (self.tell)(exchange);
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

/// The methods that SCIM uses (RFC 7644 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
        }
    }
}
