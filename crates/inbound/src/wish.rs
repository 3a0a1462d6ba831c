//! What a request wants of one resource, read and judged before the store is asked.

use scimitar_scim::patch::{self, Member, Operation};
use scimitar_scim::resource::{self, Attributes};
use scimitar_scim::schema::ResourceType;
use scimitar_scim::{Dialect, ResourceKind, ScimError};
use serde_json::{Value, json};

use crate::members::Wish;
use crate::shown::Found;
use crate::sound;

/// Operations in one PATCH.
const MAX_OPERATIONS: usize = 1000;

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
                current.insert("id".to_owned(), json!(found.id));
                Ok(patch::apply(schema, &current, operations.clone(), dialect)?.resource)
            }
        }
    }
}

/// The dialect of a PATCH. Entra writes its operations with a capital letter, unless it is told to keep to the RFC;
/// then it keeps to it altogether.
pub(crate) fn dialect_of(body: &Value, dialect: Dialect) -> Dialect {
    let operations = scimitar_scim::attribute::get(body, "Operations").and_then(Value::as_array);
    let is_capital = |operation: &Value| {
        let op = scimitar_scim::attribute::get(operation, "op").and_then(Value::as_str);
        op.is_some_and(|op| op.starts_with(|first: char| first.is_ascii_uppercase()))
    };
    if dialect == Dialect::GENERIC && operations.is_some_and(|it| it.iter().any(is_capital)) {
        Dialect::ENTRA
    } else {
        dialect
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capital_operations_tell_who_speaks() {
        for (op, expected) in [("Replace", "entra"), ("replace", "generic")] {
            let body = json!({"operations": [{"op": op, "path": "title", "value": "x"}]});
            assert_eq!(dialect_of(&body, Dialect::GENERIC).name, expected);
        }
        assert_eq!(dialect_of(&json!({"Operations": [{"op": "Add"}]}), Dialect::OKTA).name, "okta");
        assert_eq!(dialect_of(&json!([]), Dialect::GENERIC).name, "generic");
    }
}
