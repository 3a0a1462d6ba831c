//! Whether a remote's address is one of a vendor's.

/// Whether `url` is at a place such as `api.example.com`, `*.example.com`, `scim.*.example.com` or
/// `api.example.com/scim`. Ports do not count; a path is the beginning of one.
pub(super) fn is_at(url: &str, place: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.split(':').next().unwrap_or_default();
    let (labels, beginning) = place.split_once('/').unwrap_or((place, ""));
    is_host(host, labels) && is_below(path, beginning)
}

fn is_host(host: &str, pattern: &str) -> bool {
    let host = host.to_ascii_lowercase();
    if let Some(domain) = pattern.strip_prefix("*.") {
        return host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'));
    }
    let (labels, wanted): (Vec<_>, Vec<_>) = (host.split('.').collect(), pattern.split('.').collect());
    labels.len() == wanted.len()
        && labels.iter().zip(&wanted).all(|(label, wanted)| *wanted == "*" || label == wanted)
}

fn is_below(path: &str, beginning: &str) -> bool {
    path.strip_prefix(beginning)
        .is_some_and(|rest| beginning.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_vendors_by_host_and_path() {
        for (url, place, expected) in [
            ("https://api.example.com/scim", "api.example.com", true),
            ("https://API.example.com:8443/scim", "api.example.com", true),
            ("https://api.example.com.evil.example/", "api.example.com", false),
            ("https://a.b.example.com/", "*.example.com", true),
            ("https://example.com/", "*.example.com", false),
            ("https://badexample.com/", "*.example.com", false),
            ("https://scim.eu-1.amazonaws.example/x/scim/v2", "scim.*.amazonaws.example", true),
            ("https://scim.a.b.amazonaws.example/", "scim.*.amazonaws.example", false),
            (
                "https://api.example.com/scim/v2/organizations/a",
                "api.example.com/scim/v2/organizations",
                true,
            ),
            ("https://api.example.com/scim/v2/enterprises/a", "api.example.com/scim/v2/organizations", false),
            ("https://api.example.com/scimitar", "api.example.com/scim", false),
            ("https://api.example.com", "api.example.com/scim", false),
            ("api.example.com", "api.example.com", false),
        ] {
            assert_eq!(is_at(url, place), expected, "{url} at {place}");
        }
    }
}
