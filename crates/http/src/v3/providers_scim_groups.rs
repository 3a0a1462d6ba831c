//! `/providers/scim_groups/`: which remote resource stands for which group.

use actix_web::{HttpResponse, delete, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use scimitar_api::{
    GenericError, PageParams, PaginatedScimProviderGroupList, ScimProviderGroup, ScimProviderGroupListParams,
    ScimProviderGroupRequest, UsedBy, ValidationError,
};
use scimitar_domain::{GroupId, JsonObject, Link, ObjectId, ObjectKind};
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

/// List groups at SCIM providers.
#[utoipa::path(
    operation_id = "providers_scim_groups_list",
    tag = "providers",
    params(ScimProviderGroupListParams, PageParams),
    responses(
        (status = 200, body = PaginatedScimProviderGroupList, description = "One page of connections"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim_groups/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    params: Params,
) -> Result<web::Json<PaginatedScimProviderGroupList>, ApiError> {
    let filter = filter(&params)?;
    let request = page::request(&params, app.page_size_cap)?;
    let found = app
        .store
        .read(move |conn| {
            let found = links::page(conn, ObjectKind::Group, &filter, &request)?;
            let shown = show(conn, &found.rows)?;
            Ok::<_, ApiError>(page::paginated(&found, shown))
        })
        .await?;
    Ok(web::Json(found))
}

/// Say which remote resource stands for a group. The remote is not called.
#[utoipa::path(
    operation_id = "providers_scim_groups_create",
    tag = "providers",
    request_body = ScimProviderGroupRequest,
    responses(
        (status = 201, body = ScimProviderGroup, description = "The connection"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[post("/providers/scim_groups/")]
pub(crate) async fn create(_: Admin, app: web::Data<App>, body: Body) -> Result<HttpResponse, ApiError> {
    let draft = read(&body.object()?);
    let link = connections::create(&app, draft).await?;
    let shown = app.store.read(move |conn| show(conn, std::slice::from_ref(&link))).await?;
    Ok(HttpResponse::Created().json(shown.first()))
}

/// Show which remote resource stands for a group.
#[utoipa::path(
    operation_id = "providers_scim_groups_retrieve",
    tag = "providers",
    params(("id" = Uuid, Path, description = "The connection's key")),
    responses(
        (status = 200, body = ScimProviderGroup, description = "The connection"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such connection"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim_groups/{id}/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<ScimProviderGroup>, ApiError> {
    let link = connections::find(&app, &id, Model::ScimProviderGroup).await?;
    let shown = app.store.read(move |conn| show(conn, std::slice::from_ref(&link))).await?;
    shown.into_iter().next().map(web::Json).ok_or(ApiError::NoMatch(Model::ScimProviderGroup))
}

/// Forget which remote resource stands for a group. The remote is not called.
#[utoipa::path(
    operation_id = "providers_scim_groups_destroy",
    tag = "providers",
    params(("id" = Uuid, Path, description = "The connection's key")),
    responses(
        (status = 204, description = "Forgotten"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such connection"),
    ),
    security(("authentik" = [])),
)]
#[delete("/providers/scim_groups/{id}/")]
pub(crate) async fn destroy(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    connections::unlink(&app, &id, Model::ScimProviderGroup).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List what refers to a connection: nothing does.
#[utoipa::path(
    operation_id = "providers_scim_groups_used_by_list",
    tag = "providers",
    params(("id" = Uuid, Path, description = "The connection's key")),
    responses(
        (status = 200, body = Vec<UsedBy>, description = "Nothing"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such connection"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim_groups/{id}/used_by/")]
pub(crate) async fn used_by(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<Vec<UsedBy>>, ApiError> {
    connections::find(&app, &id, Model::ScimProviderGroup).await?;
    Ok(web::Json(Vec::new()))
}

fn filter(params: &Params) -> Result<LinkFilter, ApiError> {
    let mut errors = FieldErrors::default();
    let filter = LinkFilter {
        provider: connections::provider_filter(params, &mut errors),
        group: params.uuid("group__group_uuid", &mut errors).map(GroupId),
        group_name: params.owned("group__name"),
        ..LinkFilter::default()
    };
    errors.accept(filter)
}

fn read(given: &JsonObject) -> Draft {
    Draft::read(given, "group", |reader| {
        let mut id = Uuid::nil();
        reader.uuid("group", &mut id);
        ObjectId::Group(GroupId(id))
    })
}

/// One query for all groups of the page, and one for their parents.
fn show(conn: &mut Conn, links: &[Link]) -> Result<Vec<ScimProviderGroup>, StoreError> {
    let found = connections::user_groups(conn, links.iter().map(|link| link.object))?;
    let shown = links.iter().filter_map(|link| {
        let ObjectId::Group(id) = link.object else { return None };
        Some(ScimProviderGroup {
            id: link.id.0,
            scim_id: link.state.remote_id().unwrap_or_default().to_owned(),
            group: id.0,
            group_obj: found.get(&link.object)?.clone(),
            provider: link.provider.0,
            attributes: link.attributes.clone(),
        })
    });
    Ok(shown.collect())
}
