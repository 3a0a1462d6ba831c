//! `/propertymappings/all/{pm_uuid}/test/`: what a mapping gives for a user or a group.

use actix_web::{post, web};
use serde::Serialize;
use serde_json::{Serializer, Value};

use scimitar_api::{
    GenericError, PropertyMappingTestParams, PropertyMappingTestRequest, PropertyMappingTestResult,
};
use scimitar_domain::{GroupId, JsonObject, MappingId, UserPk};
use scimitar_store::{Conn, StoreError, groups, mappings, users};
use scimitar_sync::{Trial, TrialSubject};

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, Model, unknown_reference};
use crate::field_errors::FieldErrors;
use crate::fields::{Mode, Reader};
use crate::params::Params;
use crate::path_key;

/// Run a property mapping, and show what it returns.
///
/// It runs in the sandbox, under the limits that hold for syncs. Nothing is sent or stored.
#[utoipa::path(
    operation_id = "propertymappings_all_test_create",
    tag = "propertymappings",
    params(
        ("pm_uuid" = uuid::Uuid, Path, description = "The mapping's key"),
        PropertyMappingTestParams,
    ),
    request_body(content = Option<PropertyMappingTestRequest>),
    responses(
        (status = 200, body = PropertyMappingTestResult, description = "What it returned, or what went wrong"),
        (status = 400, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such mapping"),
    ),
    security(("authentik" = [])),
)]
#[post("/propertymappings/all/{pm_uuid}/test/")]
pub(crate) async fn test_mapping(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    params: Params,
    body: Body,
) -> Result<web::Json<PropertyMappingTestResult>, ApiError> {
    let id = MappingId(path_key::uuid(&id)?);
    let mapping = app.store.read(move |conn| mappings::find(conn, id)).await?;
    let mapping = mapping.ok_or(ApiError::NoMatch(Model::PropertyMapping))?;
    let wish = Wish::read(&body.object()?);
    let context = wish.context.clone();
    let subject = app.store.read(move |conn| wish.settled(conn)).await?;
    let trial = app.engine.try_mapping(mapping, subject, &context).await?;
    let indent = params.text("format_result").is_some_and(|it| it.eq_ignore_ascii_case("true"));
    Ok(web::Json(match trial {
        Trial::Value(value) => PropertyMappingTestResult { result: text(&value, indent), successful: true },
        Trial::Failed(reason) => PropertyMappingTestResult { result: reason, successful: false },
    }))
}

/// What the mapping is to see, and what speaks against it.
#[derive(Debug, Clone)]
struct Wish {
    user: Option<UserPk>,
    group: Option<GroupId>,
    context: JsonObject,
    errors: FieldErrors,
}

impl Wish {
    fn read(given: &JsonObject) -> Self {
        let (mut user, mut group) = (None, None);
        let mut context = JsonObject::new();
        let mut reader = Reader::new(given, Mode::Patch);
        reader.key_or_null("user", &mut user);
        reader.uuid_or_null("group", &mut group);
        reader.object("context", &mut context);
        let (user, group) = (user.map(UserPk), group.map(GroupId));
        Self { user, group, context, errors: reader.into_errors() }
    }

    /// The subject, if it exists. Given both, the mapping runs as one for groups.
    fn settled(&self, conn: &mut Conn) -> Result<TrialSubject, ApiError> {
        let mut errors = self.errors.clone();
        errors.complete(self.conflicts(conn)?);
        let subject = match (self.group, self.user) {
            (Some(group), _) => TrialSubject::Group(group),
            (None, Some(user)) => TrialSubject::User(user),
            (None, None) => TrialSubject::Blank,
        };
        errors.accept(subject)
    }

    fn conflicts(&self, conn: &mut Conn) -> Result<FieldErrors, StoreError> {
        let mut errors = FieldErrors::default();
        if let Some(pk) = self.user
            && users::find(conn, pk)?.is_none()
        {
            errors.add("user", unknown_reference(&pk.to_string()));
        }
        if let Some(id) = self.group
            && groups::find(conn, id)?.is_none()
        {
            errors.add("group", unknown_reference(&id.to_string()));
        }
        Ok(errors)
    }
}

/// JSON text, on one line or indented by four spaces.
fn text(value: &Value, indent: bool) -> String {
    if !indent {
        return value.to_string();
    }
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    // Writing a JSON value into memory does not fail.
    match value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter)) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_result_is_json_text() {
        let value = json!({"a": [1, "ä"], "b": {}});
        assert_eq!(text(&value, false), r#"{"a":[1,"ä"],"b":{}}"#);
        assert_eq!(
            text(&value, true),
            "{\n    \"a\": [\n        1,\n        \"ä\"\n    ],\n    \"b\": {}\n}"
        );
        assert_eq!(text(&Value::Null, true), "null");
    }
}
