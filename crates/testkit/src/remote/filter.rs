//! Filters: `eq`, joined by `and` and `or`. Most services have no more, and a client cannot rely on more.

use serde_json::{Deserializer, Map, Value};

use super::answer::Refusal;
use super::index::lookup;

/// Alternatives of comparisons that must all hold (`and` binds closer, RFC 7644 §3.4.2.2).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Filter {
    pub(super) any: Vec<Vec<Comparison>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comparison {
    pub(super) attribute: String,
    pub(super) value: Value,
}

impl Filter {
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let mut any = vec![Vec::new()];
        let mut rest = text.trim();
        loop {
            let (attribute, after) = word(rest, text)?;
            let (operator, after) = word(after, text)?;
            if !operator.eq_ignore_ascii_case("eq") {
                return Err(invalid(text));
            }
            let mut values = Deserializer::from_str(after).into_iter::<Value>();
            let value = match values.next() {
                Some(Ok(value)) if !value.is_object() && !value.is_array() => value,
                _ => return Err(invalid(text)),
            };
            rest = after.get(values.byte_offset()..).unwrap_or_default().trim_start();
            let attribute = without_core_schema(attribute).to_owned();
            if let Some(all) = any.last_mut() {
                all.push(Comparison { attribute, value });
            }
            if rest.is_empty() {
                return Ok(Self { any });
            }
            let (joint, after) = word(rest, text)?;
            match joint.to_ascii_lowercase().as_str() {
                "and" => {}
                "or" => any.push(Vec::new()),
                _ => return Err(invalid(text)),
            }
            rest = after;
        }
    }

    /// One comparison whose value stands without quotes, and is all that comes behind the operator.
    pub(super) fn parse_unquoted(text: &str) -> Result<Self, Refusal> {
        let (attribute, after) = word(text.trim(), text)?;
        let (operator, value) = word(after, text)?;
        if !operator.eq_ignore_ascii_case("eq") || value.contains('"') {
            return Err(invalid(text));
        }
        let attribute = without_core_schema(attribute).to_owned();
        Ok(Self { any: vec![vec![Comparison { attribute, value: value.into() }]] })
    }

    pub(super) fn matches(&self, body: &Map<String, Value>) -> bool {
        self.any.iter().any(|all| all.iter().all(|comparison| comparison.matches(body)))
    }

    /// The values, if all that is asked is that `attribute` equals one of them.
    pub(super) fn values_of(&self, attribute: &str) -> Option<Vec<&Value>> {
        self.any
            .iter()
            .map(|all| match all.as_slice() {
                [only] if only.attribute.eq_ignore_ascii_case(attribute) => Some(&only.value),
                _ => None,
            })
            .collect()
    }
}

impl Comparison {
    fn matches(&self, body: &Map<String, Value>) -> bool {
        match self.attribute.split_once('.') {
            None => lookup(body, &self.attribute).is_some_and(|found| self.equals(found)),
            Some((list, sub)) => match lookup(body, list) {
                Some(Value::Array(items)) => items.iter().any(|item| self.holds_in(item, sub)),
                Some(item) => self.holds_in(item, sub),
                None => false,
            },
        }
    }

    fn holds_in(&self, item: &Value, sub: &str) -> bool {
        item.as_object().and_then(|item| lookup(item, sub)).is_some_and(|found| self.equals(found))
    }

    /// Only `id` and `externalId` are case-exact in the core schemas (RFC 7643 §3.1).
    fn equals(&self, found: &Value) -> bool {
        let exact =
            self.attribute.eq_ignore_ascii_case("externalId") || self.attribute.eq_ignore_ascii_case("id");
        match (&self.value, found) {
            (Value::String(want), Value::String(found)) if !exact => {
                want.to_lowercase() == found.to_lowercase()
            }
            (want, found) => want == found,
        }
    }
}

/// `urn:ietf:params:scim:schemas:core:2.0:User:userName` is `userName`.
pub(super) fn without_core_schema(attribute: &str) -> &str {
    const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:";
    match attribute.get(..CORE.len()) {
        Some(start) if start.eq_ignore_ascii_case(CORE) => {
            attribute.rsplit_once(':').map_or(attribute, |(_, name)| name)
        }
        _ => attribute,
    }
}

fn word<'a>(text: &'a str, whole: &str) -> Result<(&'a str, &'a str), Refusal> {
    let text = text.trim_start();
    match text.split_once(' ') {
        Some((word, rest)) if !word.is_empty() => Ok((word, rest.trim_start())),
        _ => Err(invalid(whole)),
    }
}

fn invalid(text: &str) -> Refusal {
    Refusal::typed(400, "invalidFilter", format!("cannot read the filter `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(filter: &str, body: Value, expected: Option<bool>) {
        let Value::Object(body) = body else { panic!("not an object") };
        assert_eq!(Filter::parse(filter).ok().map(|filter| filter.matches(&body)), expected, "{filter}");
    }

    #[test]
    fn comparisons_follow_the_rfc() {
        let ada = || {
            let emails = serde_json::json!([{"value": "a@b"}]);
            serde_json::json!({"userName": "Ada", "externalId": "X", "active": true, "emails": emails})
        };
        check(r#"userName eq "ada""#, ada(), Some(true));
        check(r#"USERNAME EQ "ada""#, ada(), Some(true));
        check(r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada""#, ada(), Some(true));
        check(r#"externalId eq "x""#, ada(), Some(false));
        check(r#"emails.value eq "A@B""#, ada(), Some(true));
        check("active eq true", ada(), Some(true));
        check(r#"active eq true and userName eq "bob""#, ada(), Some(false));
        check(r#"userName eq "bob" or externalId eq "X""#, ada(), Some(true));
        check(r#"nickName eq "x""#, ada(), Some(false));
    }

    #[test]
    fn quotes_and_escapes_belong_to_the_value() {
        let body = || serde_json::json!({"userName": "a\"b\\c] and x"});
        check(r#"userName eq "a\"b\\c] and x""#, body(), Some(true));
        check(r#"userName eq "a\u0022b\\c] and x""#, body(), Some(true));
    }

    #[test]
    fn values_without_quotes_are_read_where_that_is_asked_for() {
        let find = |filter: &str, name: &str| {
            let Value::Object(body) = serde_json::json!({"userName": name}) else { panic!("not an object") };
            Filter::parse_unquoted(filter).ok().map(|filter| filter.matches(&body))
        };
        assert_eq!(find("userName eq ada", "Ada"), Some(true));
        assert_eq!(find("userName eq ada king", "ada king"), Some(true));
        assert_eq!(find(r#"userName eq "ada""#, "ada"), None);
        assert_eq!(find("userName co ada", "ada"), None);
    }

    #[test]
    fn other_filters_are_refused() {
        for filter in [
            "",
            "userName",
            "userName eq",
            "userName eq ada",
            r#"userName co "a""#,
            r#"a eq "b" xor c eq "d""#,
        ] {
            check(filter, serde_json::json!({}), None);
        }
    }
}
