//! `/providers/all/{id}/used_by/`: what refers to a provider of any kind.

use actix_web::{get, web};

use scimitar_api::{GenericError, UsedBy, ValidationError};
use scimitar_domain::ProviderPk;
use scimitar_store::providers;

use crate::app::App;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::path_key;
use crate::v3::providers_scim::used_by::references;

/// List what refers to a provider, and what its deletion would do to that.
#[utoipa::path(
    operation_id = "providers_all_used_by_list",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 200, body = Vec<UsedBy>, description = "What refers to the provider"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/all/{id}/used_by/")]
pub(crate) async fn used_by(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<Vec<UsedBy>>, ApiError> {
    let pk = ProviderPk(path_key::integer(&id)?);
    let keyring = app.keyring.clone();
    let found = app
        .store
        .read(move |conn| {
            let provider = providers::find(conn, &keyring, pk)?.ok_or(ApiError::NoMatch(Model::Provider))?;
            references(conn, &provider).map_err(ApiError::from)
        })
        .await?;
    Ok(web::Json(found))
}
