//! `/propertymappings/provider/scim/{pm_uuid}/used_by/`: what refers to a mapping.

use actix_web::{get, web};

use scimitar_api::{GenericError, UsedBy, UsedByActionEnum, ValidationError};
use scimitar_domain::{MappingId, Provider};
use scimitar_store::{Conn, Keyring, StoreError, providers};

use crate::app::App;
use crate::caller::Admin;
use crate::error::ApiError;

/// List the providers that use a property mapping. They stay when it is deleted.
#[utoipa::path(
    operation_id = "propertymappings_provider_scim_used_by_list",
    tag = "propertymappings",
    params(("pm_uuid" = uuid::Uuid, Path, description = "The mapping's key")),
    responses(
        (status = 200, body = Vec<UsedBy>, description = "What refers to the mapping"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such mapping"),
    ),
    security(("authentik" = [])),
)]
#[get("/propertymappings/provider/scim/{pm_uuid}/used_by/")]
pub(crate) async fn used_by(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<Vec<UsedBy>>, ApiError> {
    let id = super::SHELF.find(&app, &id).await?.id;
    let keyring = app.keyring.clone();
    let found = app.store.read(move |conn| references(conn, &keyring, id)).await?;
    Ok(web::Json(found))
}

/// First the providers that use it for users, then those that use it for groups.
pub(in crate::v3) fn references(
    conn: &mut Conn,
    keyring: &Keyring,
    mapping: MappingId,
) -> Result<Vec<UsedBy>, StoreError> {
    let users = providers::by_mapping(conn, mapping)?;
    let providers = providers::find_many(conn, keyring, &users)?;
    let for_users = providers.iter().filter(|it| it.fields.property_mappings.contains(&mapping));
    let for_groups = providers.iter().filter(|it| it.fields.property_mappings_group.contains(&mapping));
    let entry = |app: &str, model: &str, provider: &Provider, name: String| UsedBy {
        app: app.to_owned(),
        model_name: model.to_owned(),
        pk: provider.pk.to_string(),
        name,
        action: UsedByActionEnum::CascadeMany,
    };
    let for_users = for_users.map(|it| entry("authentik_core", "provider", it, it.fields.name.clone()));
    let for_groups = for_groups.map(|it| {
        entry("authentik_providers_scim", "scimprovider", it, format!("SCIM Provider {}", it.fields.name))
    });
    Ok(for_users.chain(for_groups).collect())
}
