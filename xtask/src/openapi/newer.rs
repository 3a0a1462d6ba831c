//! What later versions of the documented API ask for on top: one server answers the clients of all of them.
//!
//! `openapi/contract/newer.json` names, for each component, the fields that an answer always carries, those that
//! are never null, and those that a request may carry; and which components got another name.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::Value;

use super::Difference;
use super::normal;
use super::schema::Renamed;

#[derive(Debug, Deserialize)]
pub(crate) struct Newer {
    #[serde(rename = "renamed_schemas")]
    pub(crate) renamed: Renamed,
    superset: Superset,
}

#[derive(Debug, Deserialize)]
struct Superset {
    requests: BTreeMap<String, Request>,
    responses: BTreeMap<String, Response>,
}

#[derive(Debug, Deserialize)]
struct Request {
    accept: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Response {
    emit_always: Vec<String>,
    never_null: Vec<String>,
}

impl Newer {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("could not read `{}`", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("`{}` is not what it should be", path.display()))
    }

    /// What the served components lack. A component that is not served belongs to an operation that is not, or
    /// to a version that names it otherwise; the comparison with the documented API sees that.
    pub(crate) fn compare(&self, served: &Value) -> Vec<Difference> {
        let served = normal::normal(served);
        let component = |name: &str| served.pointer(&format!("/components/schemas/{name}")).cloned();
        let mut differences = Vec::new();
        let mut differ = |name: &str, field: &str, what: &str| {
            differences.push(Difference { at: format!("{name}.{field}"), what: what.to_owned() });
        };
        for (name, response) in &self.superset.responses {
            let Some(schema) = component(name) else { continue };
            for field in &response.emit_always {
                match property(&schema, field) {
                    None => differ(name, field, "newer: is not sent"),
                    Some(_) if !is_required(&schema, field) => differ(name, field, "newer: may be left out"),
                    Some(_) => {}
                }
            }
            for field in &response.never_null {
                if property(&schema, field).is_some_and(|it| it.get("nullable").is_some_and(|it| it == true))
                {
                    differ(name, field, "newer: may be null");
                }
            }
        }
        for (name, request) in &self.superset.requests {
            let Some(schema) = component(name) else { continue };
            for field in request.accept.iter().filter(|field| property(&schema, field).is_none()) {
                differ(name, field, "newer: is not accepted");
            }
        }
        differences
    }
}

fn property<'s>(schema: &'s Value, field: &str) -> Option<&'s Value> {
    schema.get("properties")?.get(field)
}

fn is_required(schema: &Value, field: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|required| required.iter().any(|name| name == field))
}

#[cfg(test)]
pub(crate) fn ours() -> Newer {
    serde_json::from_str(include_str!("../../../openapi/contract/newer.json")).expect("our own file")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(name: &str, schema: &Value, expected: &[&str]) {
        let served = json!({"components": {"schemas": {name: schema}}});
        let found: Vec<String> = ours().compare(&served).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn fields_of_later_versions_are_missed() {
        let sent = |field: &Value| json!({"properties": {"pk": field}, "required": ["pk"]});
        check(
            "SessionUser",
            &json!({"properties": {"user": {}, "users": {}}, "required": ["user", "users"]}),
            &[],
        );
        check(
            "SessionUser",
            &json!({"properties": {"user": {}}, "required": ["user"]}),
            &["SessionUser.users: newer: is not sent"],
        );
        check(
            "SessionUser",
            &json!({"properties": {"user": {"type": ["object", "null"]}, "users": {}}, "required": ["user"]}),
            &["SessionUser.users: newer: may be left out", "SessionUser.user: newer: may be null"],
        );
        check("UserAccountRequest", &sent(&json!({})), &[]);
        check("UserAccountRequest", &json!({}), &["UserAccountRequest.pk: newer: is not accepted"]);
        check("NobodyKnowsIt", &json!({}), &[]);
    }
}
