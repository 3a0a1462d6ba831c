//! What a story sees of a stored resource.

use serde_json::Value;

/// A copy of one user or group, as stored: without `id`, `meta` and `members`.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    pub id: String,
    pub body: Value,
    /// 1 after the creation, and one more for each write since.
    pub version: u64,
}

impl Resource {
    /// The value at a dotted path, such as `name.givenName` or `emails.0.value`.
    pub fn get(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(&self.body, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            Value::Object(members) => members.get(part),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        })
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        self.get(path)?.as_str()
    }

    pub fn user_name(&self) -> Option<&str> {
        self.text("userName")
    }

    pub fn display_name(&self) -> Option<&str> {
        self.text("displayName")
    }

    pub fn external_id(&self) -> Option<&str> {
        self.text("externalId")
    }
}
