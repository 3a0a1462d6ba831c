//! `/core/applications/{slug}/used_by/`: what refers to an application.

use actix_web::{get, web};

use scimitar_api::{GenericError, UsedBy, UsedByActionEnum, ValidationError};
use scimitar_domain::Provider;
use scimitar_store::{applications, providers};

use crate::app::App;
use crate::caller::Admin;
use crate::error::{ApiError, Model};

/// List what refers to an application: its backchannel providers, which are deleted along with it.
#[utoipa::path(
    operation_id = "core_applications_used_by_list",
    tag = "core",
    params(("slug" = String, Path, description = "The application's slug")),
    responses(
        (status = 200, body = Vec<UsedBy>, description = "What refers to the application"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such application"),
    ),
    security(("authentik" = [])),
)]
#[get("/core/applications/{slug}/used_by/")]
pub(crate) async fn used_by(
    _: Admin,
    app: web::Data<App>,
    slug: web::Path<String>,
) -> Result<web::Json<Vec<UsedBy>>, ApiError> {
    let keyring = app.keyring.clone();
    let found = app
        .store
        .read(move |conn| {
            let found =
                applications::find_by_slug(conn, &slug)?.ok_or(ApiError::NoMatch(Model::Application))?;
            let attached = providers::find_many(conn, &keyring, &found.fields.backchannel_providers)?;
            Ok::<_, ApiError>(attached.iter().map(entry).collect())
        })
        .await?;
    Ok(web::Json(found))
}

fn entry(provider: &Provider) -> UsedBy {
    UsedBy {
        app: "authentik_core".to_owned(),
        model_name: "provider".to_owned(),
        pk: provider.pk.to_string(),
        name: provider.fields.name.clone(),
        action: UsedByActionEnum::Cascade,
    }
}
