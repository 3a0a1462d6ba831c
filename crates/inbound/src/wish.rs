//! What a request wants of one resource, read and judged before the store is asked.

use scimitar_scim::patch::{self, Member, Operation};
use scimitar_scim::resource::{self, Attributes};
use scimitar_scim::schema::ResourceType;
use scimitar_scim::{Dialect, ResourceKind, ScimError};
use serde_json::{Value, json};

use crate::creating::unsaid;
use crate::members::Wish;
use crate::shown::Found;
use crate::sound;

/// Operations in one PATCH.
const MAX_OPERATIONS: usize = 1000;
/// How the URNs of the drafts before the RFC begin.
const DRAFT: &str = "urn:scim:";

/// The resource as it is to be, as far as it can be said without the stored one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    Replace(Attributes),
    Patch(Vec<Operation>),
}

/// How a resource is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Replace,
    Patch,
}

impl Verb {
    /// As the log has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Patch => "patch",
        }
    }
}

/// A whole resource, without the members.
pub(crate) fn whole(
    schema: &ResourceType,
    kind: ResourceKind,
    body: Value,
    dialect: &Dialect,
) -> Result<(Attributes, Wish), ScimError> {
    sound::check(&body)?;
    let mut resource = resource::read(schema, body, dialect)?;
    let wish = match kind {
        ResourceKind::User => Wish::Keep,
        ResourceKind::Group if dialect.put_keeps_absent && !resource.contains_key("members") => Wish::Keep,
        ResourceKind::Group => Wish::Exactly(Member::take_all(&mut resource)?),
    };
    Ok((resource, wish))
}

/// What a PUT or PATCH asks for.
pub(crate) fn change(
    schema: &ResourceType,
    kind: ResourceKind,
    verb: Verb,
    body: Value,
    dialect: &Dialect,
) -> Result<(Change, Wish), ScimError> {
    match verb {
        Verb::Replace => {
            let (resource, wish) = whole(schema, kind, body, dialect)?;
            Ok((Change::Replace(resource), wish))
        }
        Verb::Patch => {
            sound::check(&body)?;
            let operations = patch::read(body, dialect, MAX_OPERATIONS)?;
            match kind {
                ResourceKind::User => Ok((Change::Patch(operations), Wish::Keep)),
                ResourceKind::Group => {
                    let split = patch::split_members(schema, operations, dialect)?;
                    Ok((Change::Patch(split.rest), Wish::Steps(split.members)))
                }
            }
        }
    }
}

impl Change {
    /// The resource after the change.
    pub(crate) fn apply(
        &self,
        schema: &ResourceType,
        found: &Found,
        dialect: &Dialect,
    ) -> Result<Attributes, ScimError> {
        match self {
            Self::Replace(incoming) => resource::replace(schema, &found.resource, incoming.clone(), dialect),
            Self::Patch(operations) if operations.is_empty() => Ok(found.resource.clone()),
            Self::Patch(operations) => {
                // Okta sends the id along when it renames a group: what is the same is no change.
                let mut current = found.resource.clone();
                current.retain(|_, value| !value.is_null());
                current.insert("id".to_owned(), json!(found.id));
                let mut resource = patch::apply(schema, &current, operations.clone(), dialect)?.resource;
                // What is removed is unassigned and not its default (RFC 7644 §3.5.2.2): the resource tells it no
                // more, and in the directory nobody is switched on by that.
                unsaid(found.kind, &mut resource, Value::Null);
                Ok(resource)
            }
        }
    }
}

/// The dialect of a PATCH, for clients that do not give their name. Entra writes its operations with a capital letter,
/// unless it is told to keep to the RFC; then it keeps to it altogether. OneLogin's templates have the URNs of the
/// drafts.
pub(crate) fn dialect_of(body: &Value, dialect: Dialect) -> Dialect {
    let operations = scimitar_scim::attribute::get(body, "Operations").and_then(Value::as_array);
    let any = |name: &str, tells: fn(&str) -> bool| {
        let text = |operation| scimitar_scim::attribute::get(operation, name).and_then(Value::as_str);
        operations.is_some_and(|it| it.iter().filter_map(text).any(tells))
    };
    if dialect != Dialect::GENERIC {
        dialect
    } else if any("path", |path| path.get(..DRAFT.len()).is_some_and(|it| it.eq_ignore_ascii_case(DRAFT))) {
        Dialect::ONELOGIN
    } else if any("op", |op| op.starts_with(|first: char| first.is_ascii_uppercase())) {
        Dialect::ENTRA
    } else {
        dialect
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_tells_who_speaks() {
        for (op, expected) in [("Replace", "entra"), ("replace", "generic")] {
            let body = json!({"operations": [{"op": op, "path": "title", "value": "x"}]});
            assert_eq!(dialect_of(&body, Dialect::GENERIC).name, expected);
        }
        assert_eq!(dialect_of(&json!({"Operations": [{"op": "Add"}]}), Dialect::OKTA).name, "okta");
        let draft = json!({"Operations": [{"op": "replace", "path": "urn:scim:schemas:core:2.0:title"}]});
        assert_eq!(dialect_of(&draft, Dialect::GENERIC).name, "onelogin");
        assert_eq!(dialect_of(&json!([]), Dialect::GENERIC).name, "generic");
    }
}
