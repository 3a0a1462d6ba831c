//! The `path` of a PATCH operation (RFC 7644 §3.5.2, figure 7).

use super::answer::Refusal;
use super::filter::{Filter, without_core_schema};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    /// The extension that the attribute belongs to.
    pub(super) schema: Option<String>,
    pub(super) attribute: String,
    pub(super) filter: Option<Filter>,
    pub(super) sub: Option<String>,
}

impl Path {
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let (head, filter, tail) = match text.split_once('[') {
            None => (text, None, ""),
            Some((head, rest)) => {
                let (filter, tail) = rest.rsplit_once(']').ok_or_else(|| invalid(text))?;
                (head, Some(Filter::parse(filter).map_err(|_refusal| invalid(text))?), tail)
            }
        };
        let (schema, head) = split_schema(without_core_schema(head));
        let (attribute, mut sub) = match head.split_once('.') {
            // The version in a schema's name has a dot, but no attribute is named by it.
            Some((attribute, sub)) if !is_schema(head) => (attribute, Some(sub.to_owned())),
            _ => (head, None),
        };
        match (tail, &filter, &sub) {
            ("", _, _) => {}
            (tail, Some(_), None) => {
                sub = Some(tail.strip_prefix('.').ok_or_else(|| invalid(text))?.to_owned());
            }
            _ => return Err(invalid(text)),
        }
        let is_name = |name: &str| !name.is_empty() && !name.contains([' ', '.', '"', ']', '/']);
        if !(is_schema(attribute) || is_name(attribute)) || !sub.as_deref().is_none_or(is_name) {
            return Err(invalid(text));
        }
        Ok(Self { schema: schema.map(str::to_owned), attribute: attribute.to_owned(), filter, sub })
    }

    pub(super) fn is_plain(&self, attribute: &str) -> bool {
        self.schema.is_none() && self.attribute.eq_ignore_ascii_case(attribute)
    }
}

pub(super) fn is_schema(name: &str) -> bool {
    name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}

/// An extension's name ends in the resource it extends; what follows it names an attribute.
fn split_schema(head: &str) -> (Option<&str>, &str) {
    if !is_schema(head) {
        return (None, head);
    }
    match head.rsplit_once(':') {
        Some((_, "User" | "Group")) | None => (None, head),
        Some((schema, attribute)) => (Some(schema), attribute),
    }
}

fn invalid(text: &str) -> Refusal {
    Refusal::typed(400, "invalidPath", format!("cannot read the path `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `expected` is `schema | attribute | has filter | sub`, or `-`.
    #[track_caller]
    fn check(path: &str, expected: &str) {
        let got = Path::parse(path).map_or("-".to_owned(), |path| {
            format!(
                "{} | {} | {} | {}",
                path.schema.unwrap_or_default(),
                path.attribute,
                path.filter.is_some(),
                path.sub.unwrap_or_default()
            )
        });
        assert_eq!(got, expected, "{path}");
    }

    #[test]
    fn every_form_is_read() {
        const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        check("displayName", " | displayName | false | ");
        check("name.givenName", " | name | false | givenName");
        check(r#"members[value eq "u1"]"#, " | members | true | ");
        check(r#"emails[type eq "a]b"].value"#, " | emails | true | value");
        check("urn:ietf:params:scim:schemas:core:2.0:User:userName", " | userName | false | ");
        check("urn:ietf:params:scim:schemas:core:2.0:User:name.givenName", " | name | false | givenName");
        check(ENTERPRISE, &format!(" | {ENTERPRISE} | false | "));
        check(&format!("{ENTERPRISE}:department"), &format!("{ENTERPRISE} | department | false | "));
        check(&format!("{ENTERPRISE}:manager.value"), &format!("{ENTERPRISE} | manager | false | value"));
        for broken in ["", "a b", "a[", "a[b]", r#"a[b eq "c"]d"#, "a.b.c", ".a"] {
            check(broken, "-");
        }
    }
}
