//! `/core/users/{id}/used_by/`: what refers to a user.

use actix_web::{get, web};

use scimitar_api::{GenericError, UsedBy, UsedByActionEnum, ValidationError};
use scimitar_domain::{Group, Link, ObjectId, ObjectKind, UserPk};
use scimitar_store::links::LinkFilter;
use scimitar_store::{groups, links, source_links, sources, users};

use crate::app::App;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::v3::sources_scim::used_by::{link as source_link, owner};
use crate::{page, path_key};

/// List what refers to a user.
#[utoipa::path(
    operation_id = "core_users_used_by_list",
    tag = "core",
    params(("id" = i32, Path, description = "The user's key")),
    responses(
        (status = 200, body = Vec<UsedBy>, description = "What refers to the user"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such user"),
    ),
    security(("authentik" = [])),
)]
#[get("/core/users/{id}/used_by/")]
pub(crate) async fn used_by(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<Vec<UsedBy>>, ApiError> {
    let pk = UserPk(path_key::integer(&id)?);
    let found = app
        .store
        .read(move |conn| {
            let filter = LinkFilter { user: Some(pk), ..LinkFilter::default() };
            users::find(conn, pk)?.ok_or(ApiError::NoMatch(Model::User))?;
            let mut found: Vec<UsedBy> =
                groups::of_users(conn, &[pk])?.iter().map(|(_, it)| group(it)).collect();
            found.extend(
                links::page(conn, ObjectKind::User, &filter, &page::whole())?
                    .rows
                    .iter()
                    .map(|it| link(it, pk)),
            );
            found.extend(sources::by_account(conn, pk)?.iter().map(owner));
            found.extend(source_links::keys_of(conn, ObjectId::User(pk))?.iter().map(source_link));
            Ok::<_, ApiError>(found)
        })
        .await?;
    Ok(web::Json(found))
}

fn group(group: &Group) -> UsedBy {
    UsedBy {
        app: "authentik_core".into(),
        model_name: "group".into(),
        pk: group.id.to_string(),
        name: format!("Group {}", group.fields.name),
        action: UsedByActionEnum::CascadeMany,
    }
}

fn link(link: &Link, user: UserPk) -> UsedBy {
    UsedBy {
        app: "authentik_providers_scim".into(),
        model_name: "scimprovideruser".into(),
        pk: link.id.0.to_string(),
        name: format!("SCIM Provider User {user} to {}", link.provider),
        action: UsedByActionEnum::Cascade,
    }
}
