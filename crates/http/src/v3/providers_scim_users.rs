//! `/providers/scim_users/`: which remote resource stands for which user.

use actix_web::{HttpResponse, delete, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{
    GenericError, PageParams, PaginatedScimProviderUserList, ScimProviderUser, ScimProviderUserListParams,
    ScimProviderUserRequest, UsedBy, ValidationError,
};
use scimitar_domain::{InstallId, JsonObject, Link, ObjectId, ObjectKind, UserPk};
use scimitar_store::links::LinkFilter;
use scimitar_store::{Conn, StoreError, links};

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::field_errors::FieldErrors;
use crate::page;
use crate::params::Params;
use crate::v3::connections::{self, Draft};

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list).service(create).service(retrieve).service(destroy).service(used_by);
}

/// List users at SCIM providers.
#[utoipa::path(
    operation_id = "providers_scim_users_list",
    tag = "providers",
    params(ScimProviderUserListParams, PageParams),
    responses(
        (status = 200, body = PaginatedScimProviderUserList, description = "One page of connections"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim_users/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    params: Params,
) -> Result<web::Json<PaginatedScimProviderUserList>, ApiError> {
    let filter = filter(&params)?;
    let request = page::request(&params, app.page_size_cap)?;
    let install = app.install;
    let found = app
        .store
        .read(move |conn| {
            let found = links::page(conn, ObjectKind::User, &filter, &request)?;
            let shown = show(conn, install, &found.rows)?;
            Ok::<_, ApiError>(page::paginated(&found, shown))
        })
        .await?;
    Ok(web::Json(found))
}

/// Say which remote resource stands for a user. The remote is not called.
#[utoipa::path(
    operation_id = "providers_scim_users_create",
    tag = "providers",
    request_body = ScimProviderUserRequest,
    responses(
        (status = 201, body = ScimProviderUser, description = "The connection"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[post("/providers/scim_users/")]
pub(crate) async fn create(_: Admin, app: web::Data<App>, body: Body) -> Result<HttpResponse, ApiError> {
    let draft = read(&body.object()?);
    let link = connections::create(&app, draft).await?;
    let install = app.install;
    let shown = app.store.read(move |conn| show(conn, install, std::slice::from_ref(&link))).await?;
    Ok(HttpResponse::Created().json(shown.first()))
}

/// Show which remote resource stands for a user.
#[utoipa::path(
    operation_id = "providers_scim_users_retrieve",
    tag = "providers",
    params(("id" = uuid::Uuid, Path, description = "The connection's key")),
    responses(
        (status = 200, body = ScimProviderUser, description = "The connection"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such connection"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim_users/{id}/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<ScimProviderUser>, ApiError> {
    let link = connections::find(&app, &id, Model::ScimProviderUser).await?;
    let install = app.install;
    let shown = app.store.read(move |conn| show(conn, install, std::slice::from_ref(&link))).await?;
    shown.into_iter().next().map(web::Json).ok_or(ApiError::NoMatch(Model::ScimProviderUser))
}

/// Forget which remote resource stands for a user. The remote is not called.
#[utoipa::path(
    operation_id = "providers_scim_users_destroy",
    tag = "providers",
    params(("id" = uuid::Uuid, Path, description = "The connection's key")),
    responses(
        (status = 204, description = "Forgotten"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such connection"),
    ),
    security(("authentik" = [])),
)]
#[delete("/providers/scim_users/{id}/")]
pub(crate) async fn destroy(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    connections::unlink(&app, &id, Model::ScimProviderUser).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List what refers to a connection: nothing does.
#[utoipa::path(
    operation_id = "providers_scim_users_used_by_list",
    tag = "providers",
    params(("id" = uuid::Uuid, Path, description = "The connection's key")),
    responses(
        (status = 200, body = Vec<UsedBy>, description = "Nothing"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such connection"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim_users/{id}/used_by/")]
pub(crate) async fn used_by(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<Vec<UsedBy>>, ApiError> {
    connections::find(&app, &id, Model::ScimProviderUser).await?;
    Ok(web::Json(Vec::new()))
}

fn filter(params: &Params) -> Result<LinkFilter, ApiError> {
    let mut errors = FieldErrors::default();
    let filter = LinkFilter {
        provider: connections::provider_filter(params, &mut errors),
        user: params.number("user__id", &mut errors).map(|pk| UserPk(i32::try_from(pk).unwrap_or(-1))),
        username: params.owned("user__username"),
        ..LinkFilter::default()
    };
    errors.accept(filter)
}

fn read(given: &JsonObject) -> Draft {
    Draft::read(given, "user", |reader| {
        let mut pk = 0;
        reader.key("user", &mut pk);
        ObjectId::User(UserPk(pk))
    })
}

/// One query for all users of the page.
fn show(conn: &mut Conn, install: InstallId, links: &[Link]) -> Result<Vec<ScimProviderUser>, StoreError> {
    let found = connections::members(conn, install, links.iter().map(|link| link.object))?;
    let shown = links.iter().filter_map(|link| {
        let ObjectId::User(pk) = link.object else { return None };
        Some(ScimProviderUser {
            id: link.id.0,
            scim_id: link.state.remote_id().unwrap_or_default().to_owned(),
            user: pk.0,
            user_obj: found.get(&link.object)?.clone(),
            provider: link.provider.0,
            attributes: link.attributes.clone(),
        })
    });
    Ok(shown.collect())
}
