//! The remote: its address, and the URLs below it.

use std::fmt;

use thiserror::Error;
use url::{ParseError, Url};

use crate::certificates::Certificates;
use crate::credentials::Credentials;
use crate::error::ClientError;

/// In characters.
const LONGEST_ID: usize = 512;

/// One remote SCIM service and how to speak to it.
#[derive(Debug, Clone)]
pub struct Target {
    pub base_url: String,
    pub credentials: Credentials,
    pub verify_certificates: bool,
    /// For the remote, and for the authorization server if there is one.
    pub certificates: Certificates,
    /// Calls under way at once, over all clones of the client. At least one.
    pub max_in_flight: usize,
}

/// What is wrong with a base URL. Never shows the URL itself, which may hold credentials.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UrlFault {
    #[error("{0}")]
    NotAUrl(ParseError),
    #[error("its scheme is neither http nor https")]
    Scheme,
    #[error("it holds a user name or a password; use the token")]
    Credentials,
    #[error("it has a query or a fragment")]
    QueryOrFragment,
}

/// A base URL that was found fit. Its text ends without a slash.
#[derive(Clone)]
pub(crate) struct BaseUrl {
    text: String,
    host: String,
}

impl BaseUrl {
    /// Read a base URL; one trailing slash does not count, so that both spellings name the same remote.
    pub(crate) fn read(text: &str) -> Result<Self, UrlFault> {
        let (url, host) = fit(text)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(UrlFault::QueryOrFragment);
        }
        let text = url.as_str();
        Ok(Self { text: text.strip_suffix('/').unwrap_or(text).to_owned(), host })
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }

    /// `base/route`.
    pub(crate) fn route(&self, route: &str) -> Result<Url, ClientError> {
        parse(&format!("{}/{route}", self.text))
    }

    /// `base/route/id`, with the id encoded: it is the remote's text and may hold slashes or question marks.
    pub(crate) fn resource(&self, route: &str, remote_id: &str) -> Result<Url, ClientError> {
        parse(&format!("{}{}", self.text, path(route, remote_id)?))
    }

    /// `base/route?name=value&…`, with the values encoded.
    pub(crate) fn search(&self, route: &str, query: &[(&str, &str)]) -> Result<Url, ClientError> {
        let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        parse(&format!("{}/{route}?{}", self.text, query.join("&")))
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A URL that may be called, and its host as people know it: with its port where that is not the usual one.
pub(crate) fn fit(text: &str) -> Result<(Url, String), UrlFault> {
    let url = Url::parse(text).map_err(UrlFault::NotAUrl)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UrlFault::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlFault::Credentials);
    }
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => return Err(UrlFault::NotAUrl(ParseError::EmptyHost)),
    };
    Ok((url, host))
}

/// Whether an id can stand in a path and be kept. Dots alone climb the path, and no encoding helps: `%2E%2E` climbs
/// as well. An id of more than 512 characters is none that anybody gives, and too long to be looked up by.
pub fn is_usable_id(remote_id: &str) -> bool {
    remote_id.chars().nth(LONGEST_ID).is_none() && !matches!(remote_id, "" | "." | "..")
}

/// `/route/id` below the base.
pub(crate) fn path(route: &str, remote_id: &str) -> Result<String, ClientError> {
    if !is_usable_id(remote_id) {
        return Err(ClientError::BadId { remote_id: remote_id.to_owned() });
    }
    Ok(format!("/{route}/{}", encoded(remote_id)))
}

/// The id at the end of a resource's address.
pub(crate) fn id_in(location: &str) -> Option<String> {
    let path = location.split(['?', '#']).next()?;
    let last = path.trim_end_matches('/').rsplit('/').next().filter(|it| !it.is_empty())?;
    percent_decoded(last)
}

/// `None` where it is no text.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let halves = [rest.next()?, rest.next()?].map(|half| char::from(half).to_digit(16));
            let [Some(high), Some(low)] = halves else { return None };
            bytes.push(u8::try_from(16 * high + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn parse(text: &str) -> Result<Url, ClientError> {
    Url::parse(text).map_err(|error| ClientError::BadUrl { fault: UrlFault::NotAUrl(error) })
}

/// Everything but the unreserved characters (RFC 3986 §2.3) as `%XX`; a blank is `%20`, which every server
/// reads, and not `+`.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for half in [byte >> 4, byte & 0xf] {
                encoded.extend(char::from_digit(half.into(), 16).map(|it| it.to_ascii_uppercase()));
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base(text: &str) -> BaseUrl {
        BaseUrl::read(text).expect("a fit URL")
    }

    #[test]
    fn one_trailing_slash_does_not_count() {
        for (text, expected, host) in [
            ("https://app.example/scim/v2", "https://app.example/scim/v2/Users", "app.example"),
            ("https://app.example/scim/v2/", "https://app.example/scim/v2/Users", "app.example"),
            ("https://app.example/scim/v2//", "https://app.example/scim/v2//Users", "app.example"),
            ("https://app.example", "https://app.example/Users", "app.example"),
            ("http://app.example:8080/", "http://app.example:8080/Users", "app.example:8080"),
            ("HTTP://APP.example:80/", "http://app.example/Users", "app.example"),
            ("http://[::1]:81", "http://[::1]:81/Users", "[::1]:81"),
            // The parser reads every spelling of an IPv4 address, so that the guard sees the address.
            ("http://2130706433", "http://127.0.0.1/Users", "127.0.0.1"),
            ("http://0x7f.1/", "http://127.0.0.1/Users", "127.0.0.1"),
            ("http://0177.0.0.01/", "http://127.0.0.1/Users", "127.0.0.1"),
            ("http://①②⑦.0.0.1/", "http://127.0.0.1/Users", "127.0.0.1"),
        ] {
            assert_eq!(base(text).route("Users").expect("a URL").as_str(), expected, "{text}");
            assert_eq!(base(text).host(), host, "{text}");
        }
    }

    #[test]
    fn unfit_urls_are_told_apart_and_not_shown() {
        for (text, expected) in [
            ("", UrlFault::NotAUrl(ParseError::RelativeUrlWithoutBase)),
            ("app.example/scim", UrlFault::NotAUrl(ParseError::RelativeUrlWithoutBase)),
            ("http://", UrlFault::NotAUrl(ParseError::EmptyHost)),
            ("http://256.0.0.1", UrlFault::NotAUrl(ParseError::InvalidIpv4Address)),
            ("ftp://app.example", UrlFault::Scheme),
            ("file:///etc/passwd", UrlFault::Scheme),
            ("unix:/run/x.sock", UrlFault::Scheme),
            ("https://canary@app.example", UrlFault::Credentials),
            ("https://:canary@app.example", UrlFault::Credentials),
            ("https://app.example?canary=1", UrlFault::QueryOrFragment),
            ("https://app.example/#canary", UrlFault::QueryOrFragment),
        ] {
            let fault = BaseUrl::read(text).expect_err(text);
            assert_eq!(fault, expected, "{text}");
            assert!(!format!("{fault:?} {fault}").contains("canary"));
        }
    }

    #[test]
    fn ids_stay_in_their_place() {
        for (id, expected) in [
            ("7", "7"),
            ("a/../b", "a%2F..%2Fb"),
            ("a?b#c", "a%3Fb%23c"),
            ("a b+c", "a%20b%2Bc"),
            ("100%", "100%25"),
            (r"a\b", "a%5Cb"),
            ("ada@app.example", "ada%40app.example"),
            ("a\tb\n", "a%09b%0A"),
            ("zoë", "zo%C3%AB"),
            ("...", "..."),
            ("%2E%2E", "%252E%252E"),
        ] {
            let url = base("http://app.example/v2").resource("Users", id).expect("a URL");
            assert_eq!(url.as_str(), format!("http://app.example/v2/Users/{expected}"));
        }
        for id in ["", ".", ".."] {
            assert!(matches!(
                base("http://app.example").resource("Users", id),
                Err(ClientError::BadId { .. })
            ));
        }
    }

    #[test]
    fn queries_are_encoded() {
        let query = [("filter", r#"userName eq "a&b=c+d""#), ("count", "2")];
        let url = base("http://app.example").search("Users", &query).expect("a URL");
        assert_eq!(
            url.as_str(),
            "http://app.example/Users?filter=userName%20eq%20%22a%26b%3Dc%2Bd%22&count=2",
        );
    }

    proptest! {
        #[test]
        fn an_id_is_one_segment_and_reads_back(id in ".{1,40}") {
            prop_assume!(is_usable_id(&id));
            let url = base("http://app.example/v2").resource("Users", &id).unwrap();
            let segments: Vec<_> = url.path_segments().unwrap().collect();
            prop_assert_eq!(segments.len(), 3);
            prop_assert_eq!(url.query(), None);
            let form = format!("id={}", segments[2]);
            let (_, decoded) = url::form_urlencoded::parse(form.as_bytes()).next().unwrap();
            prop_assert_eq!(decoded.as_ref(), id.as_str());
            prop_assert_eq!(id_in(url.as_str()), Some(id));
        }
    }
}
