//! `/propertymappings/source/scim/{pm_uuid}/used_by/`: what refers to a mapping.

use actix_web::{get, web};

use scimitar_api::{GenericError, UsedBy, UsedByActionEnum, ValidationError};
use scimitar_domain::{MappingId, Source};
use scimitar_store::{Conn, StoreError, sources};

use crate::app::App;
use crate::caller::Admin;
use crate::error::ApiError;

/// List the sources that use a property mapping. They stay when it is deleted.
#[utoipa::path(
    operation_id = "propertymappings_source_scim_used_by_list",
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
#[get("/propertymappings/source/scim/{pm_uuid}/used_by/")]
pub(crate) async fn used_by(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<Vec<UsedBy>>, ApiError> {
    let id = super::SHELF.find(&app, &id).await?.id;
    let found = app.store.read(move |conn| references(conn, id)).await?;
    Ok(web::Json(found))
}

/// First the sources that use it for groups, then those that use it for users.
pub(in crate::v3) fn references(conn: &mut Conn, mapping: MappingId) -> Result<Vec<UsedBy>, StoreError> {
    let sources = sources::by_mapping(conn, mapping)?;
    let for_groups = sources.iter().filter(|it| it.fields.group_property_mappings.contains(&mapping));
    let for_users = sources.iter().filter(|it| it.fields.user_property_mappings.contains(&mapping));
    let entry = |source: &Source| UsedBy {
        app: "authentik_core".to_owned(),
        model_name: "source".to_owned(),
        pk: source.id.to_string(),
        name: source.fields.name.clone(),
        action: UsedByActionEnum::CascadeMany,
    };
    Ok(for_groups.chain(for_users).map(entry).collect())
}
