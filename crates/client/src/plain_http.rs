//! Where calls may go without TLS: credentials travel with them, for whoever is on the way to read.

use std::net::IpAddr;

/// Which remotes may have a URL that begins with `http:`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// Those in private networks, and where the operator allows addresses by name.
    #[default]
    Private,
    Always,
    Never,
}

impl PlainHttp {
    /// As it stands in the configuration.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "private" => Some(Self::Private),
            "always" => Some(Self::Always),
            "never" => Some(Self::Never),
            _ => None,
        }
    }

    /// Whether an address may be called so, where `is_near` says that it is private or allowed.
    pub(crate) fn admits(self, is_near: bool) -> bool {
        match self {
            Self::Private => is_near,
            Self::Always => true,
            Self::Never => false,
        }
    }

    /// Why it may not, and what helps, for people.
    pub(crate) fn refusal(self, host: &str, address: IpAddr) -> String {
        match self {
            Self::Private | Self::Always => format!(
                "`{host}` is at {address}, which is in no private network, and without TLS everybody on the way reads \
                 the credentials; use https, or add {address} or its network to SCIMITAR_EGRESS__ALLOW, or set \
                 SCIMITAR_EGRESS__PLAIN_HTTP to `always`"
            ),
            Self::Never => format!(
                "`{host}` would be called without TLS, which SCIMITAR_EGRESS__PLAIN_HTTP forbids (`never`); use https, \
                 or set it to `private`"
            ),
        }
    }
}
