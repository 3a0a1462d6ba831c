//! Which class an address belongs to, judged by the place that a packet to it would reach.
//!
//! IPv6 has many ways to write an IPv4 address. Each of them is judged by the IPv4 address inside as well, so
//! that no spelling of `127.0.0.1` passes for a public address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The class of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressClass {
    Public,
    /// RFC 1918, RFC 6598 (carrier-grade NAT), RFC 4193 (unique local) and the deprecated site-local addresses.
    /// Self-hosted applications live here, so these may be reached.
    Private,
    Loopback,
    LinkLocal,
    /// Where cloud platforms hand out credentials to whoever asks from inside.
    Metadata,
    Multicast,
    /// `0.0.0.0/8` and `::`, which some systems deliver to themselves.
    Unspecified,
    Broadcast,
    /// For documentation, for benchmarks, or for nobody yet: whoever answers there is not whom people mean.
    Reserved,
}

impl AddressClass {
    /// The class of `ip`; the worst one when an address lies inside another.
    pub fn of(ip: IpAddr) -> Self {
        let own = Self::outer(ip);
        if own.is_refused() {
            return own;
        }
        embedded(ip).into_iter().map(Self::v4).find(|class| class.is_refused()).unwrap_or(own)
    }

    /// Whether calls to this class are refused unless the operator allows the address.
    pub fn is_refused(self) -> bool {
        match self {
            Self::Public | Self::Private => false,
            Self::Loopback
            | Self::LinkLocal
            | Self::Metadata
            | Self::Multicast
            | Self::Unspecified
            | Self::Broadcast
            | Self::Reserved => true,
        }
    }

    /// The name in messages and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Metadata => "metadata",
            Self::Multicast => "multicast",
            Self::Unspecified => "unspecified",
            Self::Broadcast => "broadcast",
            Self::Reserved => "reserved",
        }
    }

    /// The class of the address as it stands, whatever lies inside it.
    pub(crate) fn outer(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::v4(ip),
            IpAddr::V6(ip) => Self::v6(ip),
        }
    }

    fn v4(ip: Ipv4Addr) -> Self {
        match ip.octets() {
            // EC2, Azure, GCP; ECS tasks; EKS pods; Alibaba; Oracle; Azure's host agent.
            [169, 254, 169, 254]
            | [169, 254, 170, 2 | 23]
            | [100, 100, 100, 200]
            | [192, 0, 0, 192]
            | [168, 63, 129, 16] => Self::Metadata,
            [0, ..] => Self::Unspecified,
            [127, ..] => Self::Loopback,
            [169, 254, ..] => Self::LinkLocal,
            [224..=239, ..] => Self::Multicast,
            [255, 255, 255, 255] => Self::Broadcast,
            [192, 0, 0 | 2, _]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [198, 18 | 19, ..]
            | [240..=255, ..] => Self::Reserved,
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Self::Private,
            _ => Self::Public,
        }
    }

    fn v6(ip: Ipv6Addr) -> Self {
        match ip.segments() {
            // EC2; EKS pods; GCP.
            [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254 | 0x23] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => {
                Self::Metadata
            }
            [0, 0, 0, 0, 0, 0, 0, 0] => Self::Unspecified,
            [0, 0, 0, 0, 0, 0, 0, 1] => Self::Loopback,
            [0xfe80..=0xfebf, ..] => Self::LinkLocal,
            [0xff00..=0xffff, ..] => Self::Multicast,
            [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => Self::Private,
            [0x2001, 0xdb8, ..] | [0x100, 0, 0, 0, ..] => Self::Reserved,
            _ => Self::Public,
        }
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The IPv4 addresses that `ip` stands for, by every scheme that puts one into an IPv6 address.
pub(crate) fn embedded(ip: IpAddr) -> Vec<Ipv4Addr> {
    let IpAddr::V6(ip) = ip else { return Vec::new() };
    let segments = ip.segments();
    let [.., client_high, client_low] = segments;
    let mut found = Vec::new();
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => {}
        // IPv4-compatible and IPv4-mapped (RFC 4291 §2.5.5), IPv4-translated (RFC 2765), NAT64 (RFC 6052) and
        // 6to4 (RFC 3056 §2).
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => found.push(v4(high, low)),
        // Local NAT64 (RFC 8215) may use any prefix length below its /48; the /96 and /48 layouts are in use
        // (RFC 6052 §2.2). An all-zero reading only says that it is the other layout.
        [0x64, 0xff9b, 1, first, second, third, high, low] => {
            let short = v4(first, (second << 8) | (third >> 8));
            found.extend([short, v4(high, low)].into_iter().filter(|ip| !ip.is_unspecified()));
        }
        // Teredo (RFC 4380 §4): the server, and the client with its bits flipped.
        [0x2001, 0, high, low, ..] => found.extend([v4(high, low), v4(!client_high, !client_low)]),
        _ => {}
    }
    // ISATAP (RFC 5214 §6.1) stands in the lower half, below any prefix.
    if let [_, _, _, _, 0 | 0x200, 0x5efe, high, low] = segments {
        found.push(v4(high, low));
    }
    found
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = include_str!("../tests/fixtures/addresses.txt");

    #[test]
    fn every_address_has_its_class() {
        let mut checked = 0;
        for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (address, class) = line.split_once(char::is_whitespace).expect("two columns");
            let class = class.trim();
            let ip: IpAddr = address.parse().expect("an address");
            assert_eq!(AddressClass::of(ip).as_str(), class, "{address}");
            checked += 1;
        }
        assert!(checked >= 60, "only {checked} addresses");
    }
}
