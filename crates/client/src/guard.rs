//! Which addresses calls may go to.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use thiserror::Error;

use crate::address::{AddressClass, embedded};
use crate::error::ClientError;

/// Judges addresses: refused classes are refused unless the operator allows the address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    allow: Arc<[IpNet]>,
}

/// An address that no call may go to. Travels through the HTTP library as the reason of a failed connect.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{host}` is at {address}, which is a {class} address")]
pub(crate) struct Refused {
    pub(crate) host: String,
    pub(crate) address: IpAddr,
    pub(crate) class: AddressClass,
}

/// The guard's word, where it is the reason at the bottom of a failed connect.
pub(crate) fn refusal(error: &reqwest::Error) -> Option<&Refused> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(refused) = cause.downcast_ref() {
            return Some(refused);
        }
        next = cause.source();
    }
    None
}

impl Guard {
    pub(crate) fn new(allow: Vec<IpNet>) -> Self {
        Self { allow: allow.into() }
    }

    /// The addresses of `host` that may be connected to.
    ///
    /// A name may have several, of which some are refused (`localhost` is `127.0.0.1` and `::1`). Only the
    /// admitted ones are handed on, and only they are connected to, so a name that changes its address between
    /// the check and the connection gains nothing. When none is left, the first refused one says why.
    pub(crate) fn admit(
        &self,
        host: &str,
        found: impl Iterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, Refused> {
        let mut admitted = Vec::new();
        let mut first_refused = None;
        for address in found {
            match self.check(host, address.ip()) {
                Ok(()) => admitted.push(address),
                Err(refused) => first_refused = first_refused.or(Some(refused)),
            }
        }
        match first_refused {
            Some(refused) if admitted.is_empty() => Err(refused),
            Some(_) | None => Ok(admitted),
        }
    }

    /// Whether `address` may be connected to.
    pub(crate) fn check(&self, host: &str, address: IpAddr) -> Result<(), Refused> {
        match self.verdict(address) {
            Some(class) => Err(Refused { host: host.to_owned(), address, class }),
            None => Ok(()),
        }
    }

    /// The class for which `ip` is refused. Allowing an IPv4 network allows it in its IPv6 spellings too.
    fn verdict(&self, ip: IpAddr) -> Option<AddressClass> {
        if self.allow.iter().any(|net| net.contains(&ip)) {
            return None;
        }
        let own = AddressClass::outer(ip);
        if own.is_refused() {
            return Some(own);
        }
        embedded(ip).into_iter().find_map(|inner| self.verdict(inner.into()))
    }
}

impl From<Refused> for ClientError {
    fn from(Refused { host, address, class }: Refused) -> Self {
        Self::EgressRefused { host, address, class }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(allow: &[&str]) -> Guard {
        Guard::new(allow.iter().map(|net| net.parse().expect("a network")).collect())
    }

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|ip| SocketAddr::new(ip.parse().expect("an address"), 0)).collect()
    }

    #[track_caller]
    fn check(allow: &[&str], address: &str, expected: Option<AddressClass>) {
        let found = guard(allow).check("app.example", address.parse().expect("an address"));
        assert_eq!(found.err().map(|refused| refused.class), expected, "{address} with {allow:?}");
    }

    #[test]
    fn what_is_allowed_is_reached_and_nothing_beside_it() {
        check(&[], "127.0.0.1", Some(AddressClass::Loopback));
        check(&["127.0.0.1/32"], "127.0.0.1", None);
        check(&["127.0.0.1/32"], "127.0.0.2", Some(AddressClass::Loopback));
        check(&["127.0.0.0/8"], "::1", Some(AddressClass::Loopback));
        check(&["::1/128"], "::1", None);
        check(&["127.0.0.0/8"], "::ffff:127.0.0.1", None);
        check(&["127.0.0.0/8"], "64:ff9b::7f00:1", None);
        check(&["::ffff:0:0/96"], "::ffff:169.254.169.254", None);
        check(&["127.0.0.0/8"], "fe80::5efe:7f00:1", Some(AddressClass::LinkLocal));
        check(&["127.0.0.0/8"], "2001:0:7f00:1::5601:5601", Some(AddressClass::Metadata));
        check(&["169.254.0.0/16"], "169.254.169.254", None);
        check(&["0.0.0.0/0", "::/0"], "ff02::1", None);
    }

    #[test]
    fn a_name_reaches_only_its_admitted_addresses() {
        let found = addresses(&["127.0.0.1", "10.1.2.3", "::1", "93.184.216.34"]);
        let admitted = guard(&[]).admit("app.example", found.into_iter()).expect("two are left");
        assert_eq!(admitted, addresses(&["10.1.2.3", "93.184.216.34"]));
    }

    #[test]
    fn a_name_without_an_admitted_address_is_refused() {
        let found = addresses(&["169.254.169.254", "127.0.0.1"]);
        let refused = guard(&[]).admit("metadata.example", found.into_iter()).expect_err("none is left");
        assert_eq!(
            refused.to_string(),
            "`metadata.example` is at 169.254.169.254, which is a metadata address",
        );
        assert_eq!(guard(&[]).admit("nowhere.example", std::iter::empty()), Ok(Vec::new()));
    }
}
