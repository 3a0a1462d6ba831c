//! The one door to the network: every HTTP client is built here.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use url::{Host, Url};

use scimitar_domain::Clock;

use crate::certificates::Certificates;
use crate::error::ClientError;
use crate::guard::Guard;
use crate::plain_http::PlainHttp;
use crate::tls;

/// Where calls may go and what they may cost.
#[derive(Debug, Clone)]
pub struct EgressSettings {
    /// Networks that may be reached although their class is refused by default.
    pub allow: Vec<IpNet>,
    pub plain_http: PlainHttp,
    /// For name lookup, TCP and TLS together.
    pub connect_timeout: Duration,
    /// For a whole call, up to the last byte of the answer.
    pub request_timeout: Duration,
    /// The most bytes of an answer that are read, after decompression.
    pub answer_limit: usize,
    pub user_agent: String,
}

impl Default for EgressSettings {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            plain_http: PlainHttp::default(),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            answer_limit: 8 * 1024 * 1024,
            user_agent: format!("scimitar/{}", env!("CARGO_PKG_VERSION")),
        }
    }
}

/// Holds the connections to all remotes. Cheap to clone; one for the whole program.
#[derive(Debug, Clone)]
pub struct Egress {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    settings: EgressSettings,
    guard: Guard,
    /// For what is called without TLS.
    plain_guard: Guard,
    clock: Arc<dyn Clock>,
    plain: OnceLock<reqwest::Client>,
    verified: OnceLock<reqwest::Client>,
    unverified: OnceLock<reqwest::Client>,
}

/// Whose certificate is good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Nobody's: the remote is spoken to without TLS.
    NoTls,
    Verified,
    Anyone,
}

impl Trust {
    pub(crate) fn of(is_https: bool, verify_certificates: bool) -> Self {
        match (is_https, verify_certificates) {
            (false, _) => Self::NoTls,
            (true, true) => Self::Verified,
            (true, false) => Self::Anyone,
        }
    }
}

impl Egress {
    pub fn new(settings: EgressSettings, clock: Arc<dyn Clock>) -> Self {
        tls::install_crypto();
        let guard = Guard::new(settings.allow.clone());
        let plain_guard = guard.without_tls(settings.plain_http);
        let (plain, verified, unverified) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { inner: Arc::new(Inner { settings, guard, plain_guard, clock, plain, verified, unverified }) }
    }

    pub fn settings(&self) -> &EgressSettings {
        &self.inner.settings
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.inner.clock.as_ref()
    }

    /// The connections of one kind. Built when first needed, because reading the machine's certificate store
    /// takes its time.
    pub(crate) fn http(
        &self,
        trust: Trust,
        certificates: &Certificates,
    ) -> Result<reqwest::Client, ClientError> {
        let no_tls = |error: reqwest::Error| ClientError::NoTls { source: Arc::new(error) };
        if trust != Trust::NoTls && !certificates.is_empty() {
            // Nobody shares what is made for one provider, connections least of all.
            return self.build(trust, certificates).map_err(no_tls);
        }
        let cell = match trust {
            Trust::NoTls => &self.inner.plain,
            Trust::Verified => &self.inner.verified,
            Trust::Anyone => &self.inner.unverified,
        };
        if let Some(http) = cell.get() {
            return Ok(http.clone());
        }
        let built = self.build(trust, certificates).map_err(no_tls)?;
        Ok(cell.get_or_init(|| built).clone())
    }

    /// Refuse URLs whose host is an address, before anything is sent: such hosts never reach the resolver.
    pub(crate) fn check(&self, url: &Url) -> Result<(), ClientError> {
        let ip: IpAddr = match url.host() {
            Some(Host::Ipv4(ip)) => ip.into(),
            Some(Host::Ipv6(ip)) => ip.into(),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        let guard = if url.scheme() == "https" { &self.inner.guard } else { &self.inner.plain_guard };
        Ok(guard.check(&ip.to_string(), ip)?)
    }

    fn build(&self, trust: Trust, certificates: &Certificates) -> reqwest::Result<reqwest::Client> {
        match trust {
            Trust::NoTls => self.builder(&self.inner.plain_guard).tls_certs_only([]).build(),
            Trust::Anyone => {
                let builder = self.over_tls().tls_danger_accept_invalid_certs(true);
                tls::with_identity(builder, certificates)?.build()
            }
            Trust::Verified => {
                let ours = || {
                    tls::with_identity(tls::with_authorities(self.over_tls(), certificates)?, certificates)
                };
                ours()?.build().or_else(|error| match tls::with_built_in_roots(certificates) {
                    Ok(config) => self.over_tls().tls_backend_preconfigured(config).build(),
                    Err(_) => Err(error),
                })
            }
        }
    }

    /// Speaks TLS or not at all.
    fn over_tls(&self) -> reqwest::ClientBuilder {
        self.builder(&self.inner.guard).https_only(true)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one door")]
    fn builder(&self, guard: &Guard) -> reqwest::ClientBuilder {
        let settings = &self.inner.settings;
        reqwest::Client::builder()
            .user_agent(&settings.user_agent)
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.request_timeout)
            // Shorter than what servers and balancers commonly keep, so that we rarely write into a connection
            // that they are about to close.
            .pool_idle_timeout(Duration::from_secs(20))
            .redirect(Policy::none())
            // A proxy from the environment would connect in our place, past the guard.
            .no_proxy()
            .referer(false)
            .dns_resolver(Resolver { guard: guard.clone() })
    }
}

/// Looks names up and hands on what the guard admits, all of a name's addresses or none: the addresses that are
/// checked are the addresses that are connected to.
struct Resolver {
    guard: Guard,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.guard.clone();
        Box::pin(async move {
            let host = name.as_str();
            let found = tokio::net::lookup_host((host, 0)).await?;
            let admitted = guard.admit(host, found)?;
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}
