//! Attribute paths: `userName`, `name.givenName`, `emails[type eq "work"].value`, and each with a URN before it
//! (RFC 7644 §3.5.2, §3.10).

use std::fmt;
use std::str::FromStr;

use crate::error::{Reason, ScimError, shown};
use crate::filter::{Filter, Rules};
use crate::urn;

/// The name of an attribute, perhaps of an extension, perhaps with a sub-attribute.
///
/// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User` alone cannot be told from an attribute `User` of
/// a shorter URN. It is read as that; [`ResourceType::place`](crate::schema::ResourceType::place) knows better.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttrPath {
    pub urn: Option<String>,
    pub name: String,
    pub sub: Option<String>,
}

/// The path of a PATCH operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    pub attribute: AttrPath,
    /// Which elements of a multi-valued attribute are meant; `None` for all, or for a single value.
    pub filter: Option<Filter>,
    /// What of each element is meant; only with a filter, otherwise it is `attribute.sub`.
    pub sub: Option<String>,
}

impl AttrPath {
    /// A name of the base schema, as in `userName`.
    pub fn of(name: impl Into<String>) -> Self {
        Self { urn: None, name: name.into(), sub: None }
    }

    /// With a sub-attribute, as in `name.givenName`.
    pub fn with_sub(name: impl Into<String>, sub: impl Into<String>) -> Self {
        Self { urn: None, name: name.into(), sub: Some(sub.into()) }
    }

    /// Read a path; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (urn, rest) = match text.rsplit_once(':') {
            Some((urn, rest)) if is_whole_urn(urn) => (Some(urn), rest),
            Some(_) => return None,
            None => (None, text),
        };
        let (name, sub) = match rest.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (rest, None),
        };
        // After a URN a name may begin with a digit: `urn:…:enterprise:2.0` alone is a URN and reads as one.
        let is_good = if urn.is_some() { is_segment } else { is_name };
        (is_good(name) && sub.is_none_or(is_good)).then(|| Self {
            urn: urn.map(str::to_owned),
            name: name.to_owned(),
            sub: sub.map(str::to_owned),
        })
    }

    /// Whether this is the attribute `name` itself, of the base schema.
    pub fn is(&self, name: &str) -> bool {
        self.urn.is_none() && self.sub.is_none() && self.name.eq_ignore_ascii_case(name)
    }
}

impl Path {
    /// Read the path of an operation. `rules` bound the filter in it.
    pub fn parse(text: &str, rules: &Rules) -> Result<Self, ScimError> {
        let text = text.trim();
        let Some((attribute, _)) = text.split_once('[') else {
            let attribute = AttrPath::parse(text).ok_or_else(|| malformed(text))?;
            return Ok(Self { attribute, filter: None, sub: None });
        };
        let attribute = AttrPath::parse(attribute).ok_or_else(|| malformed(text))?;
        let start = text.find('[').unwrap_or_default();
        let (filter, rest) = Filter::parse_brackets(text.get(start..).unwrap_or_default(), rules)?;
        let sub = match rest.strip_prefix('.') {
            Some(sub) if is_name(sub) => Some(sub.to_owned()),
            None if rest.is_empty() => None,
            Some(_) | None => return Err(malformed(text)),
        };
        // `name.givenName[…]` selects among nothing: sub-attributes have no elements.
        if attribute.sub.is_some() {
            return Err(malformed(text));
        }
        Ok(Self { attribute, filter: Some(filter), sub })
    }
}

impl From<AttrPath> for Path {
    fn from(attribute: AttrPath) -> Self {
        Self { attribute, filter: None, sub: None }
    }
}

impl FromStr for AttrPath {
    type Err = ScimError;

    fn from_str(text: &str) -> Result<Self, ScimError> {
        Self::parse(text).ok_or_else(|| malformed(text))
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.urn {
            write!(f, "{urn}:")?;
        }
        f.write_str(&self.name)?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.attribute.fmt(f)?;
        if let Some(filter) = &self.filter {
            write!(f, "[{filter}]")?;
        }
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

/// Whether `text` is a name of an attribute (RFC 7643 §2.1, with `$ref`).
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '$') && is_segment(text)
}

fn is_segment(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"$-_".contains(&byte))
}

/// `urn:` and something after it, without what ends a path elsewhere.
fn is_whole_urn(text: &str) -> bool {
    urn::is_urn(text)
        && text.len() > 4
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !br#""()[]"#.contains(&byte))
}

fn malformed(text: &str) -> ScimError {
    Reason::InvalidPath.because(format!(
        "the path {} cannot be read: it should look like `name`, `name.part` or `name[part eq \"x\"].part`",
        shown(text)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_paths_are_read_in_their_parts() {
        for (text, urn, name, sub) in [
            ("userName", None, "userName", None),
            ("name.givenName", None, "name", Some("givenName")),
            ("members.$ref", None, "members", Some("$ref")),
            ("x-y_1", None, "x-y_1", None),
            (
                "urn:ietf:params:scim:schemas:core:2.0:User:name.givenName",
                Some(urn::USER),
                "name",
                Some("givenName"),
            ),
            (
                urn::ENTERPRISE_USER,
                Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0"),
                "User",
                None,
            ),
            (
                "urn:scim:schemas:extension:enterprise:2.0",
                Some("urn:scim:schemas:extension:enterprise"),
                "2",
                Some("0"),
            ),
        ] {
            let path = AttrPath::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((path.urn.as_deref(), &*path.name, path.sub.as_deref()), (urn, name, sub), "{text}");
            assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_attribute_path_is_refused_at_once() {
        for text in [
            "",
            " ",
            "1",
            "name.",
            ".name",
            "name.a.b",
            "name]",
            "a b",
            "a:b",
            "urn:",
            "urn::",
            "urn:x:",
            "é",
            "urn:x:a.b.c",
            "urn:a b:c",
            "__proto__.x",
        ] {
            assert_eq!(AttrPath::parse(text), None, "{text}");
        }
    }

    #[test]
    fn paths_of_operations_are_read_and_printed() {
        for (text, printed) in [
            ("members", "members"),
            (" name.givenName ", "name.givenName"),
            (r#"members[value eq "1"]"#, r#"members[value eq "1"]"#),
            (r#"emails[ TYPE EQ "work" ].value"#, r#"emails[TYPE eq "work"].value"#),
            (r#"a[b eq "]"].c"#, r#"a[b eq "]"].c"#),
            ("urn:x:y:a[not (b pr) and c gt 1].d", "urn:x:y:a[not (b pr) and c gt 1].d"),
        ] {
            let path = Path::parse(text, &Rules::STRICT).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(path.to_string(), printed);
        }
    }

    #[test]
    fn a_bad_path_has_its_reason() {
        for (text, reason) in [
            ("", Reason::InvalidPath),
            ("name]", Reason::InvalidPath),
            ("[a pr]", Reason::InvalidPath),
            ("a[b pr]c", Reason::InvalidPath),
            ("a[b pr].", Reason::InvalidPath),
            ("a[b pr].c.d", Reason::InvalidPath),
            ("a.b[c pr]", Reason::InvalidPath),
            ("a[b pr][c pr]", Reason::InvalidPath),
            ("a[", Reason::InvalidFilter),
            ("a[]", Reason::InvalidFilter),
            ("a[b]", Reason::InvalidFilter),
            ("a[b pr", Reason::InvalidFilter),
            ("a[b[c pr]]", Reason::InvalidFilter),
        ] {
            let error = Path::parse(text, &Rules::STRICT).expect_err(text);
            assert_eq!(error.reason, reason, "{text}");
        }
    }
}
