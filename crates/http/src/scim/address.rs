//! What an address below the prefix means. It is read once, here, so that nobody authorises one reading of it and
//! serves another.

use scimitar_scim::ResourceKind;

/// Where the services of sources begin.
pub(crate) const PREFIX: &str = "/source/scim";

/// The address of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) slug: String,
    pub(super) place: Place,
}

/// What is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The service itself: all kinds of resource.
    Root,
    List(ResourceKind),
    One(ResourceKind, String),
    /// A search of one kind, or of all (RFC 7644 §3.4.3).
    Search(Option<ResourceKind>),
    Bulk,
    /// The subject of the token, which is no person here (RFC 7644 §3.11).
    Me,
    ServiceProviderConfig,
    ResourceTypes,
    ResourceType(String),
    Schemas,
    Schema(String),
    Nothing,
}

impl Address {
    /// Read the path of a request. `None` where there is not even a source.
    ///
    /// Slashes that are doubled or at the end say nothing. Each segment is decoded once: `%2F` in an id is part of
    /// the id.
    pub(super) fn read(path: &str) -> Option<Self> {
        let mut segments = path.strip_prefix(PREFIX)?.split('/').filter(|it| !it.is_empty()).map(decoded);
        let (slug, version) = (segments.next()??, segments.next()??);
        if version != "v2" {
            return None;
        }
        let rest: Option<Vec<String>> = segments.collect();
        Some(Self { slug, place: rest.map_or(Place::Nothing, |rest| place(&rest)) })
    }
}

fn place(segments: &[String]) -> Place {
    let is = |name: &str, wanted: &str| name.eq_ignore_ascii_case(wanted);
    let kind = |name: &str| ResourceKind::ALL.into_iter().find(|kind| is(name, kind.endpoint()));
    match segments {
        [] => Place::Root,
        [name] if is(name, ".search") => Place::Search(None),
        [name] if is(name, "Bulk") => Place::Bulk,
        [name] if is(name, "Me") => Place::Me,
        [name] if is(name, "ServiceProviderConfig") => Place::ServiceProviderConfig,
        [name] if is(name, "ResourceTypes") => Place::ResourceTypes,
        [name] if is(name, "Schemas") => Place::Schemas,
        [name] => kind(name).map_or(Place::Nothing, Place::List),
        [name, id] if is(name, "ResourceTypes") => Place::ResourceType(id.clone()),
        [name, id] if is(name, "Schemas") => Place::Schema(id.clone()),
        [name, id] if is(id, ".search") => {
            kind(name).map_or(Place::Nothing, |kind| Place::Search(Some(kind)))
        }
        [name, id] => kind(name).map_or(Place::Nothing, |kind| Place::One(kind, id.clone())),
        [_, _, ..] => Place::Nothing,
    }
}

impl Place {
    /// The methods that mean something here, as the header `Allow` has them.
    pub(super) fn allow(&self) -> &'static str {
        match self {
            Self::List(_) => "GET, HEAD, POST",
            Self::One(..) => "GET, HEAD, PUT, PATCH, DELETE",
            Self::Search(_) | Self::Bulk => "POST",
            Self::Root
            | Self::ServiceProviderConfig
            | Self::ResourceTypes
            | Self::ResourceType(_)
            | Self::Schemas
            | Self::Schema(_) => "GET, HEAD",
            Self::Me | Self::Nothing => "",
        }
    }
}

/// A segment without its percent signs; `None` where that leaves no text, or one that neither database can look for.
fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let (high, low) = (char::from(rest.next()?), char::from(rest.next()?));
                let octet = high.to_digit(16)? * 16 + low.to_digit(16)?;
                u8::try_from(octet).ok()?
            }
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Option<Place>) {
        let read = Address::read(path).map(|read| (read.slug, read.place));
        assert_eq!(read, expected.map(|place| ("entra".to_owned(), place)), "{path}");
    }

    #[test]
    fn slashes_and_encodings_make_no_difference() {
        let users = || Some(Place::List(ResourceKind::User));
        let one = |id: &str| Some(Place::One(ResourceKind::User, id.to_owned()));
        for path in ["/v2/Users", "/v2/Users/", "//v2//Users//", "/v2/%55sers", "/v2/users"] {
            check(&format!("/source/scim/entra{path}"), users());
        }
        check("/source/scim/entra/v2", Some(Place::Root));
        check("/source/scim/entra/v2/Users/7", one("7"));
        check("/source/scim/entra/v2/Users/a%2Fb", one("a/b"));
        check("/source/scim/entra/v2/Users/%2e%2e", one(".."));
        check("/source/scim/entra/v2/Users/7/8", Some(Place::Nothing));
        check("/source/scim/entra/v2/Users/%00", Some(Place::Nothing));
        check("/source/scim/entra/v2/Users/%ff", Some(Place::Nothing));
        check("/source/scim/entra/v2/Users/%2", Some(Place::Nothing));
        check("/source/scim/entra/v2/Robots", Some(Place::Nothing));
        check("/source/scim/entra/v1/Users", None);
        check("/source/scim/entra", None);
        check("/source/scim", None);
    }
}
