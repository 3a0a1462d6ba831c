//! What the remote should hold for one object: the mappings' result, completed and judged.

use serde_json::{Map, Value, json};

use scimitar_domain::{MatchKeys, ObjectKind};
use scimitar_scim::ResourceKind;

use crate::discover::keys_of;
use crate::fingerprint::Fingerprint;
use crate::profile::KindProfile;

/// The body to send, without `id`.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    pub body: Map<String, Value>,
    pub fingerprint: Fingerprint,
}

/// Why a mapping's result cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("the mappings give nothing: no mapping is configured for this kind of object")]
    Empty,
    #[error("the mappings give no `{0}`, which the schema requires")]
    Missing(&'static str),
    #[error("the mappings give a `{0}` that is not text")]
    NotText(&'static str),
    #[error("the mappings give text with a NUL character, which cannot be kept")]
    Nul,
}

impl Desired {
    /// Complete a mapping's result: nulls dropped at the top level, the core schema first among `schemas`,
    /// `externalId` unless the mapping gave one.
    ///
    /// `id` is the remote's to give (RFC 7643 §3.1), so a mapping's `id` is not sent; members are synced by
    /// themselves.
    pub(crate) fn build(
        kind: ObjectKind,
        mapped: Map<String, Value>,
        external_id: &str,
    ) -> Result<Self, Unfit> {
        let mut mapped: Map<String, Value> =
            mapped.into_iter().filter(|(_, value)| !value.is_null()).collect();
        if mapped.is_empty() {
            return Err(Unfit::Empty);
        }
        if mapped.iter().any(|(name, value)| name.contains('\0') || has_nul(value)) {
            return Err(Unfit::Nul);
        }
        for foreign in ["id", "members", "meta"] {
            mapped.shift_remove(foreign);
        }
        let natural_key = resource_kind(kind).natural_key();
        match mapped.get(natural_key) {
            Some(Value::String(text)) if !text.is_empty() => {}
            None | Some(Value::String(_)) => return Err(Unfit::Missing(natural_key)),
            Some(_) => return Err(Unfit::NotText(natural_key)),
        }
        let mut body = Map::new();
        body.insert("schemas".to_owned(), schemas(kind, mapped.shift_remove("schemas")));
        body.append(&mut mapped);
        match body.get("externalId") {
            Some(Value::String(_)) => {}
            None => {
                body.insert("externalId".to_owned(), json!(external_id));
            }
            Some(_) => return Err(Unfit::NotText("externalId")),
        }
        Ok(Self::of(Value::Object(body)))
    }

    /// A body as it is. Anything but an object counts as an empty one.
    pub fn of(body: Value) -> Self {
        let fingerprint = Fingerprint::of(&body);
        let body = match body {
            Value::Object(body) => body,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Map::new()
            }
        };
        Self { body, fingerprint }
    }

    /// Without what the remote does not take.
    pub(crate) fn trimmed(self, profile: &KindProfile) -> Self {
        if profile.sends_all() {
            return self;
        }
        let mut body = self.body;
        profile.trim(&mut body);
        Self::of(Value::Object(body))
    }

    /// With the group's whole membership, for remotes that take it only that way.
    pub(crate) fn with_members(self, members: Vec<Value>) -> Self {
        let mut body = self.body;
        body.insert("members".to_owned(), Value::Array(members));
        Self::of(Value::Object(body))
    }

    pub(crate) fn external_id(&self) -> &str {
        self.body.get("externalId").and_then(Value::as_str).unwrap_or_default()
    }

    /// By what a remote resource for it is recognised.
    pub(crate) fn keys(&self, kind: ObjectKind) -> MatchKeys {
        keys_of(&Value::Object(self.body.clone()), kind)
    }

    /// The `userName` or `displayName`, which a remote may hold to be unique.
    pub(crate) fn natural_key(&self, kind: ObjectKind) -> &str {
        self.body.get(resource_kind(kind).natural_key()).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The protocol's word for what the directory calls a kind.
pub(crate) fn resource_kind(kind: ObjectKind) -> ResourceKind {
    match kind {
        ObjectKind::User => ResourceKind::User,
        ObjectKind::Group => ResourceKind::Group,
    }
}

/// Whether there is NUL in any text within.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(object) => object.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn schemas(kind: ObjectKind, mapped: Option<Value>) -> Value {
    let core = resource_kind(kind).schema();
    let mut urns = vec![json!(core)];
    if let Some(Value::Array(more)) = mapped {
        urns.extend(more.into_iter().filter(|urn| urn.as_str().is_some_and(|urn| urn != core)));
    }
    Value::Array(urns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mapped: Value, expected: &Result<Value, Unfit>) {
        let Value::Object(mapped) = mapped else { panic!("a table of objects") };
        let got =
            Desired::build(ObjectKind::User, mapped, "uid-1").map(|desired| Value::Object(desired.body));
        assert_eq!(&got, expected);
    }

    const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

    #[test]
    fn a_mapping_is_completed_and_judged() {
        check(
            json!({"userName": "ada", "title": null}),
            &Ok(json!({"schemas": [USER], "userName": "ada", "externalId": "uid-1"})),
        );
        check(
            json!({"userName": "ada", "externalId": "own", "id": "7"}),
            &Ok(json!({"schemas": [USER], "userName": "ada", "externalId": "own"})),
        );
        check(
            json!({"userName": "ada", "schemas": ["urn:x", USER], "urn:x": {"a": 1}}),
            &Ok(
                json!({"schemas": [USER, "urn:x"], "userName": "ada", "urn:x": {"a": 1}, "externalId": "uid-1"}),
            ),
        );
        check(json!({}), &Err(Unfit::Empty));
        check(json!({"title": "x"}), &Err(Unfit::Missing("userName")));
        check(json!({"userName": ""}), &Err(Unfit::Missing("userName")));
        check(json!({"userName": 7}), &Err(Unfit::NotText("userName")));
        check(json!({"userName": "a\0"}), &Err(Unfit::Nul));
        check(json!({"userName": "ada", "emails": [{"\0": 1}]}), &Err(Unfit::Nul));
    }
}
