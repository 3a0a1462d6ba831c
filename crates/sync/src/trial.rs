//! Trying a property mapping on one object, for people who want to see what it gives.

use scimitar_domain::{Group, GroupId, JsonObject, Mapping, UserPk};
use scimitar_mapping::{Answer, Expression, MappingError, Person, ProviderView, Scope, Subject, Team};
use scimitar_store::{StoreError, groups, users};
use serde_json::Value;

use crate::engine::Engine;
use crate::error::SyncError;
use crate::fingerprint::Fingerprint;
use crate::view::{self, Memberships};

/// What the mapping is to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialSubject {
    /// A user who is nobody.
    Blank,
    User(UserPk),
    Group(GroupId),
}

/// What came of it.
#[derive(Debug, PartialEq)]
pub enum Trial {
    /// What the mapping returned.
    Value(Value),
    /// It gave nothing, for a reason that its author can act on.
    Failed(String),
}

impl Engine {
    /// Run one mapping in the sandbox, under the limits that hold for syncs. Nothing is sent or stored.
    ///
    /// The mapping sees what is in `variables` by their names, where those are names; the subject and the request
    /// go before. A subject that does not exist is [`StoreError::NotFound`].
    pub async fn try_mapping(
        &self,
        mapping: Mapping,
        subject: TrialSubject,
        variables: &JsonObject,
    ) -> Result<Trial, SyncError> {
        let subject = self.trial_subject(subject).await?;
        let (given, n_lines) = assignments(variables);
        let mut id = mapping.id.0.to_string();
        if n_lines > 0 {
            // Compiled expressions are kept by id and version, and this one is another.
            id = format!("{id} {}", Fingerprint::of(&Value::Object(variables.clone())).0);
        }
        let source = format!("{given}{}", mapping.fields.expression).into();
        let expression = Expression { id, version: mapping.version, name: mapping.fields.name, source };
        let scope = Scope { subject, provider: ProviderView::default(), connection: None };
        match self.parts().mappings.evaluate_one(expression, scope).await {
            Ok(Answer::Value(value)) => Ok(Trial::Value(value)),
            Ok(Answer::Skip) => Ok(Trial::Failed("the mapping skips this object".to_owned())),
            Err(error @ (MappingError::Stopped | MappingError::Thread(_))) => Err(SyncError::Mapping(error)),
            Err(
                error @ (MappingError::Failed { .. }
                | MappingError::LimitExceeded { .. }
                | MappingError::NotAnObject { .. }
                | MappingError::NotJson { .. }
                | MappingError::Overloaded),
            ) => Ok(Trial::Failed(in_its_own_lines(error, n_lines).to_string())),
        }
    }

    async fn trial_subject(&self, subject: TrialSubject) -> Result<Subject, StoreError> {
        let install = self.parts().install;
        let pk = match subject {
            TrialSubject::Blank => return Ok(Subject::User(blank())),
            TrialSubject::Group(id) => return self.trial_group(id).await.map(Subject::Group),
            TrialSubject::User(pk) => pk,
        };
        let load = self.parts().store.read(move |conn| {
            let user = users::get(conn, pk)?;
            let memberships = Memberships::load(conn, &[pk])?;
            Ok::<_, StoreError>(view::person(&user, install, &memberships))
        });
        load.await.map(Subject::User)
    }

    async fn trial_group(&self, id: GroupId) -> Result<Team, StoreError> {
        let load = self.parts().store.read(move |conn| {
            let group = groups::get(conn, id)?;
            let parent: Vec<Group> = match group.fields.parent() {
                Some(parent) => groups::find_many(conn, &[parent])?,
                None => Vec::new(),
            };
            Ok::<_, StoreError>(view::team(&group, parent.into_iter().next().map(|it| it.fields.name)))
        });
        load.await
    }
}

/// Names that mean something by themselves.
const TAKEN: [&str; 3] = ["user", "group", "request"];

/// Words that cannot be names.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// One line of Python for each variable, and how many they are.
fn assignments(variables: &JsonObject) -> (String, u32) {
    let mut lines = String::new();
    let mut n_lines = 0;
    for (name, value) in variables.iter().filter(|(name, _)| is_name(name)) {
        lines.push_str(name);
        lines.push_str(" = ");
        literal(value, &mut lines);
        lines.push('\n');
        n_lines += 1;
    }
    (lines, n_lines)
}

fn is_name(text: &str) -> bool {
    let begins = text.starts_with(|it: char| it.is_ascii_alphabetic());
    let goes_on = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    begins && goes_on && !TAKEN.contains(&text) && !KEYWORDS.contains(&text)
}

/// A JSON value as Python writes it. Text is written alike in both.
fn literal(value: &Value, into: &mut String) {
    match value {
        Value::Null => into.push_str("None"),
        Value::Bool(true) => into.push_str("True"),
        Value::Bool(false) => into.push_str("False"),
        Value::Number(_) | Value::String(_) => into.push_str(&value.to_string()),
        Value::Array(items) => {
            into.push('[');
            for item in items {
                literal(item, into);
                into.push(',');
            }
            into.push(']');
        }
        Value::Object(members) => {
            into.push('{');
            for (name, member) in members {
                into.push_str(&Value::from(name.as_str()).to_string());
                into.push(':');
                literal(member, into);
                into.push(',');
            }
            into.push('}');
        }
    }
}

/// The author counts lines from the beginning of the expression.
fn in_its_own_lines(error: MappingError, n_lines: u32) -> MappingError {
    match error {
        MappingError::Failed { mapping, kind, message, line, column, text } => {
            let line = line.saturating_sub(n_lines).max(1);
            MappingError::Failed { mapping, kind, message, line, column, text }
        }
        other => other,
    }
}

/// Nobody: every field is there and says nothing.
fn blank() -> Person {
    Person { is_active: true, kind: "internal".to_owned(), path: "users".to_owned(), ..Person::default() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variables_are_lines_of_python() {
        let given = json!({"data": {"a\"b": [null, true, 1.5, "ä\n"]}, "class": 1, "user": 2, "a b": 3, "": 4, "_x": 5});
        let (lines, n_lines) = assignments(given.as_object().unwrap());
        assert_eq!(lines, "data = {\"a\\\"b\":[None,True,1.5,\"ä\\n\",],}\n");
        assert_eq!(n_lines, 1);
    }
}
