//! Versions of resources and the headers that ask for them (RFC 7644 §3.14, RFC 9110 §8.8.3, §13.1).

use serde_json::Value;

use crate::attribute;

/// In characters.
const LONGEST_TAG: usize = 256;

/// The weak tag of a version, as `meta.version` and the `ETag` header have it.
///
/// Weak, because two representations of one version differ by what was projected.
pub fn weak(version: u64) -> String {
    format!("W/\"{version}\"")
}

/// Whether `If-Match` lets a write happen. A header that lists nothing lets nothing happen.
///
/// RFC 9110 compares strongly here, which no weak tag survives. SCIM has only weak tags to offer (RFC 7644 §3.14
/// shows them in `If-Match`), so that the comparison is weak.
pub fn if_match(header: &str, current: &str) -> bool {
    names(header, current)
}

/// Whether `If-None-Match` lets a read answer with the resource; otherwise it is 304.
pub fn if_none_match(header: &str, current: &str) -> bool {
    !names(header, current)
}

/// The version that a resource shows in `meta.version`, if `If-Match` can name it.
pub fn of(resource: &Value) -> Option<&str> {
    let meta = attribute::get(resource, "meta")?;
    attribute::get(meta, "version")?.as_str().and_then(tag)
}

/// A tag of another service, if `If-Match` can name it: in quotes, with or without the mark of a weak one
/// (RFC 9110 §8.8.3). One without quotes names no version, and one of more than 256 characters is none that can be
/// kept.
pub fn tag(text: &str) -> Option<&str> {
    let text = text.trim();
    let inner = text.strip_prefix("W/").unwrap_or(text).strip_prefix('"')?.strip_suffix('"')?;
    let is_plain = inner.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x7e));
    (is_plain && text.len() <= LONGEST_TAG).then_some(text)
}

fn names(header: &str, current: &str) -> bool {
    header.trim() == "*" || tags(header).any(|tag| tag == opaque(current))
}

/// The opaque parts of a list of tags. A comma may be part of a tag, and whoever leaves the quotes out is understood.
fn tags(header: &str) -> impl Iterator<Item = &str> {
    let mut rest = header;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return None;
        }
        let unmarked = unmarked(rest);
        if let Some((tag, after)) = unmarked.strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
            rest = after;
            return Some(tag);
        }
        let end = unmarked.find(',').unwrap_or(unmarked.len());
        let (tag, after) = unmarked.split_at(end);
        rest = after;
        Some(tag.trim())
    })
}

fn opaque(tag: &str) -> &str {
    let tag = unmarked(tag.trim());
    tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(tag)
}

fn unmarked(tag: &str) -> &str {
    tag.strip_prefix("W/").or_else(|| tag.strip_prefix("w/")).unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_header_names_a_version_or_not() {
        let current = weak(7);
        for (header, expected) in [
            ("W/\"7\"", true),
            ("\"7\"", true),
            ("7", true),
            ("*", true),
            (" * ", true),
            ("W/\"6\", W/\"7\"", true),
            ("W/\"6\",\"8\" , \"7\"", true),
            ("w/\"7\"", true),
            ("W/\"6\"", false),
            ("", false),
            (",", false),
            ("W/\"77\"", false),
            ("\"7", false),
            ("\"6,7\"", false),
            ("*, W/\"6\"", false),
        ] {
            assert_eq!(if_match(header, &current), expected, "{header}");
            assert_eq!(if_none_match(header, &current), !expected, "{header}");
        }
    }

    #[test]
    fn a_tag_of_another_service_is_taken_as_it_is_or_not_at_all() {
        for good in ["W/\"3694e05e9dff590\"", "\"7\"", "\"\"", " W/\"a,b\" "] {
            assert_eq!(tag(good), Some(good.trim()));
        }
        let long = format!("\"{}\"", "7".repeat(256));
        for bad in
            ["", "7", "*", "W/7", "w/\"7\"", "\"7", "\"", "W/\"", "\"a\"b\"", "\"é\"", "\"a b\"", &long]
        {
            assert_eq!(tag(bad), None, "{bad}");
        }
        for (resource, expected) in [
            (json!({"meta": {"version": "W/\"7\""}}), Some("W/\"7\"")),
            (json!({"Meta": {"Version": "\"7\""}}), Some("\"7\"")),
            (json!({"meta": {"version": 7}}), None),
            (json!({"version": "\"7\""}), None),
            (json!("W/\"7\""), None),
        ] {
            assert_eq!(of(&resource), expected, "{resource}");
        }
    }

    proptest! {
        #[test]
        fn a_version_is_found_among_others(
            before in prop::collection::vec(any::<u64>(), 0..4), version in any::<u64>(), junk in any::<String>(),
        ) {
            let header: Vec<_> = before.iter().chain([&version]).map(|version| weak(*version)).collect();
            prop_assert!(if_match(&header.join(", "), &weak(version)));
            let _ = if_match(&junk, &weak(version));
        }
    }
}
