//! `/sources/scim/{slug}/used_by/`: what refers to a source.

use actix_web::{get, web};

use scimitar_api::{GenericError, UsedBy, UsedByActionEnum, ValidationError};
use scimitar_domain::{Mapping, ObjectId, ObjectKind, Source};
use scimitar_store::source_links::SourceLinkKey;
use scimitar_store::{Conn, StoreError, mappings, source_links, sources};

use crate::app::App;
use crate::caller::Admin;
use crate::error::{ApiError, Model};

/// List what refers to a SCIM source, and what its deletion would do to that.
#[utoipa::path(
    operation_id = "sources_scim_used_by_list",
    tag = "sources",
    params(("slug" = String, Path, description = "The source's slug")),
    responses(
        (status = 200, body = Vec<UsedBy>, description = "What refers to the source"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such source"),
    ),
    security(("authentik" = [])),
)]
#[get("/sources/scim/{slug}/used_by/")]
pub(crate) async fn used_by(
    _: Admin,
    app: web::Data<App>,
    slug: web::Path<String>,
) -> Result<web::Json<Vec<UsedBy>>, ApiError> {
    Ok(web::Json(of_slug(&app, slug.into_inner(), Model::ScimSource).await?))
}

/// What refers to a source, which is called `model` where it is missing.
pub(in crate::v3) async fn of_slug(app: &App, slug: String, model: Model) -> Result<Vec<UsedBy>, ApiError> {
    app.store
        .read(move |conn| {
            let source = sources::find_by_slug(conn, &slug)?.ok_or(ApiError::NoMatch(model))?;
            references(conn, &source).map_err(ApiError::from)
        })
        .await
}

/// In the order of the relations' names: mappings of groups, groups, users, mappings of users.
fn references(conn: &mut Conn, source: &Source) -> Result<Vec<UsedBy>, StoreError> {
    let mut found = used_mappings(conn, source, ObjectKind::Group)?;
    for kind in [ObjectKind::Group, ObjectKind::User] {
        found.extend(source_links::keys_at(conn, source.id, kind)?.iter().map(link));
    }
    found.extend(used_mappings(conn, source, ObjectKind::User)?);
    Ok(found)
}

fn used_mappings(conn: &mut Conn, source: &Source, kind: ObjectKind) -> Result<Vec<UsedBy>, StoreError> {
    let entry = |mapping: Mapping| UsedBy {
        app: "authentik_core".to_owned(),
        model_name: "propertymapping".to_owned(),
        pk: mapping.id.0.to_string(),
        name: format!("Property Mapping {}", mapping.fields.name),
        action: UsedByActionEnum::CascadeMany,
    };
    Ok(mappings::of_source(conn, source.id, kind)?.into_iter().map(entry).collect())
}

/// As the source, the user and the group tell of a connection.
pub(in crate::v3) fn link(link: &SourceLinkKey) -> UsedBy {
    let source = link.source;
    let (model_name, name) = match link.object {
        ObjectId::User(user) => ("scimsourceuser", format!("SCIM User {user} to {source}")),
        ObjectId::Group(group) => ("scimsourcegroup", format!("SCIM Group {group} to {source}")),
    };
    UsedBy {
        app: "authentik_sources_scim".to_owned(),
        model_name: model_name.to_owned(),
        pk: link.id.clone(),
        name,
        action: UsedByActionEnum::Cascade,
    }
}

/// As the token and the account tell of their source: it gets another one.
pub(in crate::v3) fn owner(source: &Source) -> UsedBy {
    UsedBy {
        app: "authentik_sources_scim".to_owned(),
        model_name: "scimsource".to_owned(),
        pk: source.id.to_string(),
        name: format!("SCIM Source {}", source.fields.name),
        action: UsedByActionEnum::SetDefault,
    }
}
