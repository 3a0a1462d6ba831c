//! `/providers/scim/{id}/used_by/`: what refers to a provider.

use actix_web::{get, web};

use scimitar_api::{GenericError, UsedBy, UsedByActionEnum, ValidationError};
use scimitar_domain::{ObjectId, ObjectKind, Provider, ProviderPk};
use scimitar_store::links::LinkFilter;
use scimitar_store::{Conn, PageNumber, PageRequest, StoreError, groups, links, mappings, providers};

use crate::app::App;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::path_key;

/// List what refers to a SCIM provider, and what its deletion would do to that.
#[utoipa::path(
    operation_id = "providers_scim_used_by_list",
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
#[get("/providers/scim/{id}/used_by/")]
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
            let provider =
                providers::find(conn, &keyring, pk)?.ok_or(ApiError::NoMatch(Model::ScimProvider))?;
            references(conn, &provider).map_err(ApiError::from)
        })
        .await?;
    Ok(web::Json(found))
}

pub(in crate::v3) fn references(conn: &mut Conn, provider: &Provider) -> Result<Vec<UsedBy>, StoreError> {
    let mut found = Vec::new();
    for group in groups::find_many(conn, &provider.fields.group_filters)? {
        found.push(UsedBy {
            app: "authentik_core".to_owned(),
            model_name: "group".to_owned(),
            pk: group.id.to_string(),
            name: format!("Group {}", group.fields.name),
            action: UsedByActionEnum::CascadeMany,
        });
    }
    for kind in [ObjectKind::User, ObjectKind::Group] {
        for mapping in mappings::of_provider(conn, provider.pk, kind)? {
            found.push(UsedBy {
                app: "authentik_core".to_owned(),
                model_name: "propertymapping".to_owned(),
                pk: mapping.id.0.to_string(),
                name: format!("Property Mapping {}", mapping.fields.name),
                action: UsedByActionEnum::CascadeMany,
            });
        }
    }
    found.extend(connections(conn, provider, ObjectKind::Group)?);
    found.extend(connections(conn, provider, ObjectKind::User)?);
    Ok(found)
}

/// All connections, page by page.
fn connections(conn: &mut Conn, provider: &Provider, kind: ObjectKind) -> Result<Vec<UsedBy>, StoreError> {
    let filter = LinkFilter { provider: Some(provider.pk), ..LinkFilter::default() };
    let mut found = Vec::new();
    for number in 1.. {
        let request = PageRequest { page: PageNumber::Number(number), size: 1000, ..PageRequest::default() };
        let page = links::page(conn, kind, &filter, &request)?;
        for link in &page.rows {
            found.push(connection(provider, link.id.0, link.object));
        }
        if page.page * page.size >= page.count {
            break;
        }
    }
    Ok(found)
}

fn connection(provider: &Provider, id: uuid::Uuid, object: ObjectId) -> UsedBy {
    let (model_name, name) = match object {
        ObjectId::User(user) => ("scimprovideruser", format!("SCIM Provider User {user} to {}", provider.pk)),
        ObjectId::Group(group) => {
            ("scimprovidergroup", format!("SCIM Provider Group {group} to {}", provider.pk))
        }
    };
    UsedBy {
        app: "authentik_providers_scim".to_owned(),
        model_name: model_name.to_owned(),
        pk: id.to_string(),
        name,
        action: UsedByActionEnum::Cascade,
    }
}
