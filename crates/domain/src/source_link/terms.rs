//! What a resource is found by: the texts that searches ask for, without their case.
//!
//! Resources that the service writes have the names and types of the schema. People can keep anything in a link
//! through the API. What is not as the service would write it is loose: its terms do not tell everything of it, and
//! a search looks at the resource itself.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{ObjectKind, rules};

/// The attributes that have terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TermField {
    UserEmail,
    UserDisplayName,
    GroupDisplayName,
}

impl TermField {
    /// How it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserEmail => "user.emails",
            Self::UserDisplayName => "user.displayName",
            Self::GroupDisplayName => "group.displayName",
        }
    }
}

/// What a resource is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTerms {
    pub terms: BTreeSet<(TermField, String)>,
    /// Whether it says that the user is active.
    pub is_active: Option<bool>,
    /// Whether there is more to it than the terms say.
    pub is_loose: bool,
}

/// The attributes that have to be written as the schema has them.
const NAMES: [&str; 5] = ["userName", "displayName", "emails", "active", "externalId"];

impl SourceTerms {
    pub(super) fn of(kind: ObjectKind, resource: &Value) -> Self {
        let mut found = Self { terms: BTreeSet::new(), is_active: None, is_loose: false };
        match resource.as_object() {
            Some(resource) => match kind {
                ObjectKind::User => found.read_user(resource),
                ObjectKind::Group => found.read_group(resource),
            },
            None => found.is_loose = true,
        }
        found
    }

    fn read_user(&mut self, resource: &Map<String, Value>) {
        self.read_names(resource);
        match resource.get("active") {
            Some(Value::Bool(is_active)) => self.is_active = Some(*is_active),
            // The client has taken it away: it is told no more.
            Some(Value::Null) => {}
            Some(_) | None => self.is_loose = true,
        }
        match resource.get("userName") {
            Some(Value::String(name)) if term(name).is_some() => {}
            Some(_) | None => self.is_loose = true,
        }
        if let Some(name) = resource.get("displayName") {
            self.add(TermField::UserDisplayName, name);
        }
        match resource.get("emails") {
            None => {}
            Some(Value::Array(emails)) => emails.iter().for_each(|email| self.read_email(email)),
            Some(_) => self.is_loose = true,
        }
    }

    fn read_group(&mut self, resource: &Map<String, Value>) {
        self.read_names(resource);
        match resource.get("displayName") {
            Some(name) => self.add(TermField::GroupDisplayName, name),
            None => self.is_loose = true,
        }
    }

    fn read_names(&mut self, resource: &Map<String, Value>) {
        let is_odd = |name: &String| NAMES.iter().any(|it| *it != name && it.eq_ignore_ascii_case(name));
        self.is_loose |= resource.keys().any(is_odd);
    }

    fn read_email(&mut self, email: &Value) {
        let Some(parts) = email.as_object() else {
            self.is_loose = true;
            return;
        };
        self.is_loose |= parts.keys().any(|name| name != "value" && name.eq_ignore_ascii_case("value"));
        if let Some(value) = parts.get("value") {
            self.add(TermField::UserEmail, value);
        }
    }

    fn add(&mut self, field: TermField, value: &Value) {
        match value.as_str().map(term) {
            Some(Some(term)) => {
                self.terms.insert((field, term));
            }
            Some(None) | None => self.is_loose = true,
        }
    }
}

/// A text as it is looked up: without its case, if an index can hold it.
pub(super) fn term(text: &str) -> Option<String> {
    let folded = text.to_lowercase();
    let length = u64::try_from(folded.chars().count()).ok()?;
    (1..=rules::LONGEST_KEY).contains(&length).then_some(folded)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(kind: ObjectKind, resource: &Value, terms: &[&str], is_loose: bool) {
        let found = SourceTerms::of(kind, resource);
        let shown: Vec<String> =
            found.terms.iter().map(|(field, term)| format!("{}={term}", field.as_str())).collect();
        assert_eq!(
            (shown, found.is_loose),
            (terms.iter().map(|it| (*it).to_owned()).collect(), is_loose),
            "{resource}"
        );
    }

    #[test]
    fn what_the_service_writes_is_told_by_its_terms() {
        let ada = json!({
            "userName": "Ada", "active": true, "displayName": "Ada L.",
            "emails": [{"value": "Ada@X.example", "type": "work"}, {"type": "home"}],
        });
        check(ObjectKind::User, &ada, &["user.emails=ada@x.example", "user.displayName=ada l."], false);
        check(ObjectKind::User, &json!({"userName": "Ada", "active": false}), &[], false);
        check(ObjectKind::User, &json!({"userName": "Ada", "active": null}), &[], false);
        check(ObjectKind::Group, &json!({"displayName": "Staff"}), &["group.displayName=staff"], false);
    }

    #[test]
    fn what_it_would_write_otherwise_is_loose() {
        for resource in [
            json!([]),
            json!({}),
            json!({"userName": "ada"}),
            json!({"userName": "ada", "active": "True"}),
            json!({"userName": 7, "active": true}),
            json!({"userName": "x".repeat(513), "active": true}),
            json!({"userName": "ada", "active": true, "USERNAME": "bea"}),
            json!({"userName": "ada", "active": true, "displayName": null}),
            json!({"userName": "ada", "active": true, "emails": {"value": "a"}}),
            json!({"userName": "ada", "active": true, "emails": ["a"]}),
            json!({"userName": "ada", "active": true, "emails": [{"VALUE": "a"}]}),
            json!({"userName": "ada", "active": true, "emails": [{"value": ""}]}),
        ] {
            check(ObjectKind::User, &resource, &[], true);
        }
        check(ObjectKind::Group, &json!({"members": []}), &[], true);
    }
}
