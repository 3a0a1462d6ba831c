//! Which addresses calls may go to.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use thiserror::Error;

use crate::address::{AddressClass, embedded};
use crate::error::ClientError;
use crate::plain_http::PlainHttp;

/// Judges addresses: refused classes are refused unless the operator allows the address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    allow: Arc<[IpNet]>,
    /// What holds beside that where no TLS is spoken.
    plain: Option<PlainHttp>,
}

/// An address that no call may go to. Travels through the HTTP library as the reason of a failed connect.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{host}` is at {address}, which is a {class} address")]
pub(crate) struct Refused {
    pub(crate) host: String,
    pub(crate) address: IpAddr,
    pub(crate) class: AddressClass,
    /// The rule that only calls without TLS are held to, where that is the one.
    pub(crate) plain: Option<PlainHttp>,
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
        Self { allow: allow.into(), plain: None }
    }

    /// The same one for calls without TLS.
    pub(crate) fn without_tls(&self, plain: PlainHttp) -> Self {
        Self { allow: Arc::clone(&self.allow), plain: Some(plain) }
    }

    /// The addresses of `host`, where every one of them may be connected to.
    ///
    /// One refused address refuses the name: a name that is at a refused address as well is a slip or a trap, and
    /// which of its addresses would be tried is chance. What is handed on is what was judged, so a name that
    /// changes its address between the check and the connection gains nothing.
    pub(crate) fn admit(
        &self,
        host: &str,
        found: impl Iterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, Refused> {
        found.map(|address| self.check(host, address.ip()).map(|()| address)).collect()
    }

    /// Whether `address` may be connected to.
    pub(crate) fn check(&self, host: &str, address: IpAddr) -> Result<(), Refused> {
        let refused = |class, plain| Err(Refused { host: host.to_owned(), address, class, plain });
        if let Some(class) = self.verdict(address) {
            return refused(class, None);
        }
        match self.plain {
            Some(plain) if !plain.admits(self.is_near(address)) => {
                refused(AddressClass::of(address), Some(plain))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether a packet to `ip` stays in a private network, or goes where the operator allows it. Of the ways to
    /// write IPv4 in IPv6 only the mapped one is the same packet: the others are carried by whoever offers that.
    fn is_near(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        let is_allowed = self.allow.iter().any(|net| net.contains(&ip));
        let is_private = |ip| match AddressClass::outer(ip) {
            AddressClass::Private => true,
            AddressClass::Public
            | AddressClass::Loopback
            | AddressClass::LinkLocal
            | AddressClass::Metadata
            | AddressClass::Multicast
            | AddressClass::Unspecified
            | AddressClass::Broadcast
            | AddressClass::Reserved => false,
        };
        is_allowed || is_private(ip) && embedded(ip).into_iter().all(|inner| is_private(inner.into()))
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
    fn from(Refused { host, address, class, plain }: Refused) -> Self {
        match plain {
            Some(rule) => Self::PlainHttpRefused { host, address, rule },
            None => Self::EgressRefused { host, address, class },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    /// Whether a name at `found` may be called; if not, the address that refuses it.
    #[track_caller]
    fn check_name(allow: &[&str], found: &[&str], refused: Option<&str>) {
        let admitted = guard(allow).admit("app.example", addresses(found).into_iter());
        let expected = match refused {
            Some(ip) => Err(ip.parse().expect("an address")),
            None => Ok(addresses(found)),
        };
        assert_eq!(admitted.map_err(|refused| refused.address), expected, "{found:?} with {allow:?}");
    }

    #[test]
    fn a_name_with_any_refused_address_is_refused() {
        check_name(&[], &[], None);
        check_name(&[], &["93.184.216.34", "2606:4700::1111", "10.1.2.3"], None);
        check_name(&[], &["93.184.216.34", "127.0.0.1"], Some("127.0.0.1"));
        check_name(&[], &["127.0.0.1", "93.184.216.34"], Some("127.0.0.1"));
        check_name(&[], &["10.1.2.3", "93.184.216.34", "169.254.169.254", "::1"], Some("169.254.169.254"));
        check_name(&["127.0.0.0/8"], &["127.0.0.1", "::1"], Some("::1"));
        check_name(&["::1/128"], &["127.0.0.1", "::1"], Some("127.0.0.1"));
        check_name(&["127.0.0.0/8", "::1/128"], &["127.0.0.1", "::1"], None);
    }

    #[test]
    fn a_refusal_tells_the_address_its_class_and_what_would_allow_it() {
        let allow = guard(&["127.0.0.0/8"]);
        let refused = allow.admit("localhost", addresses(&["127.0.0.1", "::1"]).into_iter());
        let refused = refused.expect_err("half of it is not allowed");
        assert_eq!(refused.to_string(), "`localhost` is at ::1, which is a loopback address");
        assert_eq!(
            ClientError::from(refused).to_string(),
            "`localhost` is at ::1, a loopback address, where calls are refused; to allow it, add ::1 or its network \
             to SCIMITAR_EGRESS__ALLOW",
        );
    }

    /// Whether an address may be called without TLS under each of the settings: `private`, `always`, `never`.
    #[track_caller]
    fn check_plain(allow: &[&str], address: &str, expected: [bool; 3]) {
        let ip: IpAddr = address.parse().expect("an address");
        let rules = [PlainHttp::Private, PlainHttp::Always, PlainHttp::Never];
        let found = rules.map(|rule| guard(allow).without_tls(rule).check("app.example", ip).is_ok());
        assert_eq!(found, expected, "{address} with {allow:?}");
        // With TLS, and with everything allowed, it is only the class that counts.
        assert_eq!(guard(allow).check("app.example", ip).is_ok(), expected[1], "{address} with TLS");
    }

    #[test]
    fn without_tls_public_addresses_are_for_those_who_ask_for_it() {
        let (near, far, refused) = ([true, true, false], [false, true, false], [false, false, false]);
        for private in ["10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::7", "::ffff:10.1.2.3"] {
            check_plain(&[], private, near);
        }
        for public in ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34"] {
            check_plain(&[], public, far);
            check_plain(&["10.0.0.0/8"], public, far);
            check_plain(&["93.184.216.0/24", "2606:4700::/32"], public, near);
        }
        // These are carried to a private address, if they are, by somebody far away.
        for carried in ["64:ff9b::a01:203", "2002:a01:203::1", "2606:4700::5efe:a01:203"] {
            check_plain(&[], carried, far);
        }
        check_plain(&[], "fd00::5efe:5db8:d822", far);
        for special in ["127.0.0.1", "::1", "169.254.169.254", "224.0.0.1", "0.0.0.0"] {
            check_plain(&[], special, refused);
            let alone = IpNet::from(special.parse::<IpAddr>().expect("an address")).to_string();
            check_plain(&[&alone], special, near);
            check_plain(&["0.0.0.0/0", "::/0"], special, near);
        }
    }

    #[test]
    fn a_name_with_any_public_address_is_refused_without_tls() {
        let plain = guard(&["127.0.0.0/8"]).without_tls(PlainHttp::Private);
        let admit = |found: &[&str]| plain.admit("app.example", addresses(found).into_iter());
        assert_eq!(admit(&["10.1.2.3", "127.0.0.1"]), Ok(addresses(&["10.1.2.3", "127.0.0.1"])));
        let refused = admit(&["10.1.2.3", "93.184.216.34"]).expect_err("a public one");
        assert_eq!(refused.address.to_string(), "93.184.216.34");
        assert_eq!(
            ClientError::from(refused).to_string(),
            "`app.example` is at 93.184.216.34, which is in no private network, and without TLS everybody on the way \
             reads the credentials; use https, or add 93.184.216.34 or its network to SCIMITAR_EGRESS__ALLOW, or set \
             SCIMITAR_EGRESS__PLAIN_HTTP to `always`",
        );
    }

    /// Addresses of all classes, often, and any other.
    fn some_address() -> impl Strategy<Value = IpAddr> {
        const KNOWN: &[&str] =
            &["93.184.216.34", "10.1.2.3", "127.0.0.1", "::1", "169.254.169.254", "fe80::1", "fd00::7"];
        prop_oneof![
            prop::sample::select(KNOWN).prop_map(|ip| ip.parse().expect("an address")),
            any::<IpAddr>(),
        ]
    }

    proptest! {
        #[test]
        fn a_name_is_admitted_whole_or_not_at_all(
            found in prop::collection::vec(some_address(), 0..6),
            allowed in prop::collection::vec(some_address(), 0..4),
        ) {
            let guard = Guard::new(allowed.into_iter().map(IpNet::from).collect());
            let sockets: Vec<_> = found.iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
            let first_refused = found.iter().find(|ip| guard.check("app.example", **ip).is_err());
            match guard.admit("app.example", sockets.iter().copied()) {
                Ok(admitted) => {
                    prop_assert_eq!(first_refused, None);
                    prop_assert_eq!(admitted, sockets);
                }
                Err(refused) => prop_assert_eq!(first_refused, Some(&refused.address)),
            }
        }
    }
}
