//! PATCH: all operations or none (RFC 7644 §3.5.2).

use serde_json::{Map, Value};

use super::answer::Refusal;
use super::behaviour::Behaviour;
use super::index::lookup;
use super::kind::Kind;
use super::members::MemberChange;
use super::patch_assign::{Verb, assign};
use super::patch_path::{Path, is_schema};

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A resource while its operations are applied; nobody sees it before the last one has succeeded.
pub(super) struct Draft<'a> {
    pub(super) kind: Kind,
    pub(super) id: &'a str,
    pub(super) body: Map<String, Value>,
    pub(super) members: MemberChange,
}

impl Draft<'_> {
    pub(super) fn patch(&mut self, request: &Value, behaviour: &Behaviour) -> Result<(), Refusal> {
        let has_schema = request
            .get("schemas")
            .and_then(Value::as_array)
            .is_some_and(|schemas| schemas.iter().any(|schema| schema == PATCH_OP));
        if !has_schema {
            return Err(Refusal::typed(400, "invalidSyntax", format!("`schemas` must have `{PATCH_OP}`")));
        }
        let operations = request
            .as_object()
            .and_then(|request| lookup(request, "Operations"))
            .and_then(Value::as_array)
            .filter(|operations| !operations.is_empty())
            .ok_or_else(|| Refusal::typed(400, "invalidSyntax", "`Operations` must be a list"))?;
        if behaviour.max_patch_operations.is_some_and(|limit| operations.len() > limit) {
            return Err(Refusal::typed(
                400,
                "tooMany",
                format!("{} operations are too many", operations.len()),
            ));
        }
        operations.iter().try_for_each(|operation| self.operate(operation, behaviour))?;
        self.name_extensions();
        Ok(())
    }

    /// `schemas` lists what the resource has by now (RFC 7643 §3.3).
    fn name_extensions(&mut self) {
        let extensions: Vec<Value> =
            self.body.keys().filter(|name| is_schema(name)).map(|name| name.as_str().into()).collect();
        if let Some(Value::Array(schemas)) = self.body.get_mut("schemas") {
            for extension in extensions {
                if !schemas.contains(&extension) {
                    schemas.push(extension);
                }
            }
        }
    }

    fn operate(&mut self, operation: &Value, behaviour: &Behaviour) -> Result<(), Refusal> {
        let verb = verb(operation)?;
        let value = operation.get("value").unwrap_or(&Value::Null);
        match operation.get("path") {
            None if verb == Verb::Remove => {
                // RFC 7644 §3.5.2.2.
                Err(Refusal::typed(400, "noTarget", "a removal needs a path"))
            }
            None => {
                let Value::Object(attributes) = value else {
                    return Err(Refusal::typed(400, "invalidValue", "without a path the value is an object"));
                };
                attributes.iter().try_for_each(|(name, value)| self.write(name, verb, value, behaviour))
            }
            Some(Value::String(path)) => self.write(path, verb, value, behaviour),
            Some(_) => Err(Refusal::typed(400, "invalidPath", "a path is text")),
        }
    }

    fn write(&mut self, path: &str, verb: Verb, value: &Value, behaviour: &Behaviour) -> Result<(), Refusal> {
        let path = Path::parse(path)?;
        if path.is_plain("id") {
            // Read-only (RFC 7643 §3.1); a client that repeats what is there asks for no change.
            return if value == self.id { Ok(()) } else { Err(read_only("id")) };
        }
        if path.is_plain("meta") || (self.kind == Kind::User && path.is_plain("groups")) {
            return Err(read_only(&path.attribute));
        }
        if self.kind == Kind::Group && path.is_plain("members") {
            return self.members.operate(&path, verb, value, behaviour.member_form);
        }
        if path.is_plain("password") || behaviour.dropped_attributes.iter().any(|name| path.is_plain(name)) {
            return Ok(());
        }
        if verb == Verb::Add && value.is_null() {
            return Err(Refusal::typed(400, "invalidValue", "an addition needs a value"));
        }
        if is_schema(&path.attribute) && !matches!(value, Value::Object(_) | Value::Null) {
            return Err(Refusal::typed(400, "invalidValue", "an extension is an object"));
        }
        assign(&mut self.body, &path, verb, value)
    }
}

fn verb(operation: &Value) -> Result<Verb, Refusal> {
    let name = operation.get("op").and_then(Value::as_str).unwrap_or_default();
    // Entra capitalises them.
    match name.to_ascii_lowercase().as_str() {
        "add" => Ok(Verb::Add),
        "replace" => Ok(Verb::Replace),
        "remove" => Ok(Verb::Remove),
        _ => Err(Refusal::typed(400, "invalidSyntax", format!("`{name}` is no operation"))),
    }
}

fn read_only(attribute: &str) -> Refusal {
    Refusal::typed(400, "mutability", format!("`{attribute}` is read-only"))
}
