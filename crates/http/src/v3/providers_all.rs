//! `/providers/all/`: providers whatever their kind.

mod filter;
mod used_by;

use actix_web::{HttpResponse, delete, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{
    GenericError, PageParams, PaginatedProviderList, Provider as Shown, ProviderListParams, TypeCreate,
    ValidationError,
};
use scimitar_domain::{Provider, ProviderPk};
use scimitar_store::{Conn, StoreError, applications, providers};

use crate::app::App;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::params::Params;
use crate::v3::providers_scim::show;
use crate::{page, path_key};

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    // `types` goes before the paths that would take it for a key.
    cfg.service(types).service(list).service(retrieve).service(destroy).service(used_by::used_by);
}

/// List providers of all kinds.
#[utoipa::path(
    operation_id = "providers_all_list",
    tag = "providers",
    params(ProviderListParams, PageParams),
    responses(
        (status = 200, body = PaginatedProviderList, description = "One page of providers"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/all/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    params: Params,
) -> Result<web::Json<PaginatedProviderList>, ApiError> {
    let filter = filter::read(&params);
    let request = page::request(&params, app.page_size_cap)?;
    let keyring = app.keyring.clone();
    let found = app
        .store
        .read(move |conn| {
            let found = providers::page_any(conn, &keyring, &filter, &request)?;
            let shown = shown(conn, &found.rows)?;
            Ok::<_, StoreError>(page::paginated(&found, shown))
        })
        .await?;
    Ok(web::Json(found))
}

/// List the kinds of providers that can be made.
#[utoipa::path(
    operation_id = "providers_all_types_list",
    tag = "providers",
    responses(
        (status = 200, body = Vec<TypeCreate>, description = "The kinds, by name"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/all/types/")]
pub(crate) async fn types(_: Admin) -> web::Json<Vec<TypeCreate>> {
    web::Json(vec![show::kind()])
}

/// Show a provider of any kind.
#[utoipa::path(
    operation_id = "providers_all_retrieve",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 200, body = Shown, description = "The provider"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/all/{id}/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<Shown>, ApiError> {
    let pk = ProviderPk(path_key::integer(&id)?);
    let keyring = app.keyring.clone();
    let found = app
        .store
        .read(move |conn| {
            let rows = providers::find_many(conn, &keyring, &[pk])?;
            shown(conn, &rows)
        })
        .await?;
    found.into_iter().next().map(web::Json).ok_or(ApiError::NoMatch(Model::Provider))
}

/// Delete a provider of any kind. What it has created at the remote stays there.
#[utoipa::path(
    operation_id = "providers_all_destroy",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[delete("/providers/all/{id}/")]
pub(crate) async fn destroy(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let pk = ProviderPk(path_key::integer(&id)?);
    app.store
        .write(move |conn| {
            providers::delete(conn, pk).map_err(|error| match error {
                StoreError::NotFound(_) => ApiError::NoMatch(Model::Provider),
                other => ApiError::Store(other),
            })
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// One query for the applications of all.
fn shown(conn: &mut Conn, rows: &[Provider]) -> Result<Vec<Shown>, StoreError> {
    let pks: Vec<ProviderPk> = rows.iter().map(|provider| provider.pk).collect();
    let mains = applications::main_of(conn, &pks)?;
    let shown = rows.iter().map(|provider| {
        let main = mains.get(&provider.pk).map(|it| (it.slug.as_str(), it.name.as_str()));
        show::any_provider(provider, main)
    });
    Ok(shown.collect())
}
