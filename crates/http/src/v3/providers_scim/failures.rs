//! `/providers/scim/{id}/sync/failures/` and `…/sync/retry/`: what fails at a remote, and trying it again.

use std::collections::BTreeSet;

use actix_web::{get, post, web};
use serde_json::Value;

use scimitar_api::{
    GenericError, PageParams, PaginatedScimProviderFailureList, ScimProviderFailure,
    ScimProviderRetryRequest, ScimProviderRetryResult, SyncObjectModelEnum, ValidationError,
};
use scimitar_domain::{JsonObject, ObjectId};
use scimitar_store::failures::{self, Failure};

use super::sync::{existing, named};
use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::ApiError;
use crate::fields::{Mode, Reader};
use crate::page;
use crate::params::Params;

/// Objects that one request may name.
const MOST_OBJECTS: usize = 1_000;

/// List what could not be brought in step when it was last tried, with the reason and the time of the next attempt.
/// Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_sync_failures_list",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key"), PageParams),
    responses(
        (status = 200, body = PaginatedScimProviderFailureList, description = "One page of what fails"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim/{id}/sync/failures/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    params: Params,
) -> Result<web::Json<PaginatedScimProviderFailureList>, ApiError> {
    let request = page::request(&params, app.page_size_cap)?;
    let provider = existing(&app, &id).await?;
    let found = app.store.read(move |conn| failures::page(conn, provider, &request)).await?;
    let shown = found.rows.iter().map(shown).collect();
    Ok(web::Json(page::paginated(&found, shown)))
}

/// Try again now what fails: everything, or the objects that are named. Scimitar's own; authentik has no such
/// operation.
#[utoipa::path(
    operation_id = "providers_scim_sync_retry_create",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    request_body = ScimProviderRetryRequest,
    responses(
        (status = 200, body = ScimProviderRetryResult, description = "How much is tried again"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[post("/providers/scim/{id}/sync/retry/")]
pub(crate) async fn retry(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<ScimProviderRetryResult>, ApiError> {
    let provider = existing(&app, &id).await?;
    let only = read(&body.object()?)?;
    let n_retried = scimitar_sync::retry(&app.store, provider, only, app.clock.now()).await?;
    Ok(web::Json(ScimProviderRetryResult { retried: i64::try_from(n_retried).unwrap_or(i64::MAX) }))
}

/// The objects that are named, if any are. A key that nothing can have names nothing.
fn read(given: &JsonObject) -> Result<Option<BTreeSet<ObjectId>>, ApiError> {
    let mut reader = Reader::new(given, Mode::Create);
    let mut objects = Value::Null;
    reader.json("objects", &mut objects);
    match &objects {
        Value::Array(items) if items.len() > MOST_OBJECTS => {
            reader.fault("objects", format!("Ensure this field has no more than {MOST_OBJECTS} elements."));
        }
        Value::Array(items) if items.iter().all(Value::is_object) => {}
        _absent if !reader.has("objects") => {}
        _other => reader
            .fault("objects", "Expected a list of objects with `sync_object_model` and `sync_object_id`."),
    }
    reader.finish()?;
    let Value::Array(items) = objects else { return Ok(None) };
    let mut only = BTreeSet::new();
    for item in items.iter().filter_map(Value::as_object) {
        only.extend(named(item)?);
    }
    Ok(Some(only))
}

/// An object as the API names it.
pub(super) fn named_as(object: ObjectId) -> (SyncObjectModelEnum, String) {
    match object {
        ObjectId::User(pk) => (SyncObjectModelEnum::User, pk.to_string()),
        ObjectId::Group(id) => (SyncObjectModelEnum::Group, id.to_string()),
    }
}

fn shown(failure: &Failure) -> ScimProviderFailure {
    let (model, id) = named_as(failure.object);
    let attempt = &failure.attempt;
    ScimProviderFailure {
        sync_object_model: model,
        sync_object_id: id,
        name: failure.label.clone(),
        is_deletion: failure.is_deletion,
        failure_class: attempt.class.as_str().to_owned(),
        detail: attempt.detail.clone(),
        attempts: attempt.count,
        last_attempt: attempt.last_at.into(),
        next_attempt: attempt.next_at.map(Into::into),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(given: &Value, expected: &str) {
        let got = match read(given.as_object().unwrap()) {
            Ok(only) => format!("{only:?}"),
            Err(ApiError::Fields(errors)) => serde_json::to_string(&errors).unwrap(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{given}");
    }

    #[test]
    fn objects_are_named_or_all_are_meant() {
        let user = json!({"sync_object_model": "authentik.core.models.User", "sync_object_id": 7});
        let nobody = json!({"sync_object_model": "authentik.core.models.User", "sync_object_id": "x"});
        check(&json!({}), "None");
        check(&json!({"objects": []}), "Some({})");
        check(&json!({"objects": [user, nobody]}), "Some({User(UserPk(7))})");
        let sentence = "Expected a list of objects with `sync_object_model` and `sync_object_id`.";
        check(&json!({"objects": "all"}), &json!({"objects": [sentence]}).to_string());
        check(&json!({"objects": [1]}), &json!({"objects": [sentence]}).to_string());
        check(
            &json!({"objects": [{}]}),
            r#"{"sync_object_model":["This field is required."],"sync_object_id":["This field is required."]}"#,
        );
        let many = vec![user; MOST_OBJECTS + 1];
        check(
            &json!({"objects": many}),
            r#"{"objects":["Ensure this field has no more than 1000 elements."]}"#,
        );
    }
}
