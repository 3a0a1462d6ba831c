//! `/providers/scim/{id}/adoptions/`: which remote resources could stand for objects, and which do.

use actix_web::{HttpResponse, get, post, web};

use scimitar_api::{
    AdoptionCandidate, AdoptionStateEnum, GenericError, MatchedByEnum, PageParams,
    PaginatedScimProviderAdoptionList, ScimProviderAdoption, ScimProviderAdoptionParams,
    ScimProviderAdoptionRequest, ValidationError,
};
use scimitar_domain::{AdoptionState, Candidate, GroupId, JsonObject, MatchedBy, ObjectId, UserPk};
use scimitar_store::adoptions::{self, Listed};
use scimitar_store::{StoreError, groups, jobs, users};
use scimitar_sync::{SyncError, Work};

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, unknown_reference};
use crate::field_errors::WHOLE;
use crate::fields::{Mode, Reader};
use crate::page;
use crate::params::{Params, no_choice};

use super::sync::existing;

/// List what at the remote could stand for the objects of a provider, as the last walk has seen it, and what was
/// taken over.
///
/// A dry run of a full sync walks through the remote, and so does `discover`. Scimitar's own; authentik has no such
/// operation.
#[utoipa::path(
    operation_id = "providers_scim_adoptions_list",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key"), ScimProviderAdoptionParams, PageParams),
    responses(
        (status = 200, body = PaginatedScimProviderAdoptionList, description = "One page of adoptions"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim/{id}/adoptions/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    params: Params,
) -> Result<web::Json<PaginatedScimProviderAdoptionList>, ApiError> {
    let request = page::request(&params, app.page_size_cap)?;
    let provider = existing(&app, &id).await?;
    let state = match params.owned("state") {
        None => None,
        Some(name) => match name.parse::<AdoptionState>() {
            Ok(state) => Some(state),
            Err(_) => return Err(ApiError::field("state", no_choice(&name))),
        },
    };
    let found = app.store.read(move |conn| adoptions::page(conn, provider, state, &request)).await?;
    let rows = found.rows.iter().map(shown).collect();
    Ok(web::Json(page::paginated(&found, rows)))
}

/// Say which remote resource is a user's or a group's: one of several, or one that was taken over and is hereby
/// confirmed. It is brought in step, and is deleted like all others when its object goes.
#[utoipa::path(
    operation_id = "providers_scim_adoptions_create",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    request_body = ScimProviderAdoptionRequest,
    responses(
        (status = 204, description = "Adopted"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[post("/providers/scim/{id}/adoptions/")]
pub(crate) async fn adopt(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let provider = existing(&app, &id).await?;
    let (object, remote_id) = read(&body.object()?)?;
    let (field, known) = match object {
        ObjectId::User(pk) => {
            ("user", app.store.read(move |conn| users::find(conn, pk)).await?.map(|user| user.pk.to_string()))
        }
        ObjectId::Group(id) => {
            ("group", app.store.read(move |conn| groups::find(conn, id)).await?.map(|it| it.id.to_string()))
        }
    };
    if known.is_none() {
        let key = match object {
            ObjectId::User(pk) => pk.to_string(),
            ObjectId::Group(id) => id.to_string(),
        };
        return Err(ApiError::field(field, unknown_reference(&key)));
    }
    match app.engine.adopt(provider, object, remote_id).await {
        Ok(true) => Ok(HttpResponse::NoContent().finish()),
        Ok(false) => Err(ApiError::field(WHOLE, "The object is not in the provider's scope.")),
        Err(SyncError::Store(StoreError::Taken(_))) => Err(ApiError::field(
            WHOLE,
            "The object has another remote resource, or the remote resource stands for another object.",
        )),
        Err(error) => Err(error.into()),
    }
}

/// Walk through the remote in the background, and write down what could be adopted. Nothing is taken over.
#[utoipa::path(
    operation_id = "providers_scim_adoptions_discover_create",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 204, description = "It is walked through, and the list is complete when it was"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[post("/providers/scim/{id}/adoptions/discover/")]
pub(crate) async fn discover(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let provider = existing(&app, &id).await?;
    let now = app.clock.now();
    app.store.write(move |conn| jobs::enqueue(conn, &[Work::Discover { provider }.job(now)], now)).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn read(given: &JsonObject) -> Result<(ObjectId, String), ApiError> {
    let (mut user, mut group, mut remote_id) = (0, None, String::new());
    let mut reader = Reader::new(given, Mode::Create);
    reader.require(&["remote_id"]);
    reader.filled_text("remote_id", &mut remote_id);
    reader.uuid_or_null("group", &mut group);
    let names_user = given.get("user").is_some_and(|user| !user.is_null());
    if names_user {
        reader.key("user", &mut user);
    }
    if names_user == group.is_some() {
        reader.fault("user", "Either a user or a group has to be named.");
    }
    reader.finish()?;
    let object = group.map_or(ObjectId::User(UserPk(user)), |group| ObjectId::Group(GroupId(group)));
    Ok((object, remote_id))
}

fn shown(listed: &Listed) -> ScimProviderAdoption {
    let (user, group) = match listed.adoption.object {
        ObjectId::User(pk) => (Some(pk.0), None),
        ObjectId::Group(id) => (None, Some(id.0)),
    };
    ScimProviderAdoption {
        user,
        group,
        name: listed.label.clone(),
        state: match listed.adoption.state {
            AdoptionState::Match => AdoptionStateEnum::Match,
            AdoptionState::Ambiguous => AdoptionStateEnum::Ambiguous,
            AdoptionState::Adopted => AdoptionStateEnum::Adopted,
        },
        candidates: listed.adoption.candidates.iter().map(candidate).collect(),
    }
}

fn candidate(candidate: &Candidate) -> AdoptionCandidate {
    AdoptionCandidate {
        remote_id: candidate.remote_id.clone(),
        matched_by: match candidate.matched_by {
            MatchedBy::ExternalId => MatchedByEnum::ExternalId,
            MatchedBy::Name => MatchedByEnum::Name,
            MatchedBy::Email => MatchedByEnum::Email,
        },
        value: candidate.value.clone(),
    }
}
