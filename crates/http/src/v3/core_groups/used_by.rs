//! `/core/groups/{group_uuid}/used_by/`: what refers to a group.

use actix_web::{get, web};

use scimitar_api::{GenericError, UsedBy, UsedByActionEnum, ValidationError};
use scimitar_domain::{Group, GroupId, Link, ObjectId, ObjectKind, Provider, ProviderPk, User};
use scimitar_store::links::LinkFilter;
use scimitar_store::{groups, links, providers, source_links};

use crate::app::App;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::v3::sources_scim::used_by::link as source_link;
use crate::{page, path_key};

/// List what refers to a group.
#[utoipa::path(
    operation_id = "core_groups_used_by_list",
    tag = "core",
    params(("group_uuid" = uuid::Uuid, Path, description = "The group's key")),
    responses(
        (status = 200, body = Vec<UsedBy>, description = "What refers to the group"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such group"),
    ),
    security(("authentik" = [])),
)]
#[get("/core/groups/{group_uuid}/used_by/")]
pub(crate) async fn used_by(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<Vec<UsedBy>>, ApiError> {
    let id = GroupId(path_key::uuid(&id)?);
    let keyring = app.keyring.clone();
    let found = app
        .store
        .read(move |conn| {
            let group = groups::find(conn, id)?.ok_or(ApiError::NoMatch(Model::Group))?;
            let mut found: Vec<UsedBy> = groups::children(conn, &[id])?.iter().map(child).collect();
            let limited = providers::by_filter_group(conn, id)?;
            found.extend(providers::find_many(conn, &keyring, &limited)?.iter().map(provider));
            let filter = LinkFilter { group: Some(id), ..LinkFilter::default() };
            let links = links::page(conn, ObjectKind::Group, &filter, &page::whole())?.rows;
            let pks: Vec<ProviderPk> = links.iter().map(|link| link.provider).collect();
            let remotes = providers::find_many(conn, &keyring, &pks)?;
            found.extend(links.iter().map(|it| link(it, &group, &remotes)));
            found.extend(source_links::keys_of(conn, ObjectId::Group(id))?.iter().map(source_link));
            found.extend(groups::members(conn, &[id])?.iter().map(|(_, user)| member(user)));
            Ok::<_, ApiError>(found)
        })
        .await?;
    Ok(web::Json(found))
}

fn child(group: &Group) -> UsedBy {
    UsedBy {
        app: "authentik_core".into(),
        model_name: "group".into(),
        pk: group.id.to_string(),
        name: format!("Group {}", group.fields.name),
        action: UsedByActionEnum::SetNull,
    }
}

fn provider(provider: &Provider) -> UsedBy {
    UsedBy {
        app: "authentik_providers_scim".into(),
        model_name: "scimprovider".into(),
        pk: provider.pk.to_string(),
        name: format!("SCIM Provider {}", provider.fields.name),
        action: UsedByActionEnum::SetDefault,
    }
}

fn link(link: &Link, group: &Group, providers: &[Provider]) -> UsedBy {
    let to = providers.iter().find(|it| it.pk == link.provider).map_or("", |it| it.fields.name.as_str());
    UsedBy {
        app: "authentik_providers_scim".into(),
        model_name: "scimprovidergroup".into(),
        pk: link.id.0.to_string(),
        name: format!("SCIM Provider Group {} to {to}", group.fields.name),
        action: UsedByActionEnum::Cascade,
    }
}

fn member(user: &User) -> UsedBy {
    UsedBy {
        app: "authentik_core".into(),
        model_name: "user".into(),
        pk: user.pk.to_string(),
        name: user.fields.username.clone(),
        action: UsedByActionEnum::CascadeMany,
    }
}
