//! `/sources/scim/{slug}/tokens/`: several tokens for a source, so that one can be replaced while the other works.

use actix_web::{HttpResponse, delete, get, post, web};

use scimitar_api::{
    GenericError, ScimSourceToken, ScimSourceTokenCreated, ScimSourceTokenRequest, ValidationError,
};
use scimitar_domain::{JsonObject, SourceScope, SourceToken, SourceTokenFields, SourceTokenId, Timestamp};
use scimitar_store::{source_tokens, sources};

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::field_errors::WHOLE;
use crate::fields::{Mode, Reader};
use crate::path_key;

/// Tokens of one source.
const MOST: usize = 20;

/// List the tokens of a SCIM source beyond its documented one, the oldest first.
///
/// Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "sources_scim_tokens_list",
    tag = "sources",
    params(("slug" = String, Path, description = "The source's slug")),
    responses(
        (status = 200, body = Vec<ScimSourceToken>, description = "The tokens"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such source"),
    ),
    security(("authentik" = [])),
)]
#[get("/sources/scim/{slug}/tokens/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    slug: web::Path<String>,
) -> Result<web::Json<Vec<ScimSourceToken>>, ApiError> {
    let found = app
        .store
        .read(move |conn| {
            let source = sources::find_by_slug(conn, &slug)?.ok_or(ApiError::NoMatch(Model::ScimSource))?;
            Ok::<_, ApiError>(source_tokens::of_source(conn, source.id)?)
        })
        .await?;
    Ok(web::Json(found.into_iter().map(shown).collect()))
}

/// Make another token for a SCIM source. Its key is shown only in this answer.
///
/// Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "sources_scim_tokens_create",
    tag = "sources",
    params(("slug" = String, Path, description = "The source's slug")),
    request_body = ScimSourceTokenRequest,
    responses(
        (status = 201, body = ScimSourceTokenCreated, description = "The token and its key"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such source"),
    ),
    security(("authentik" = [])),
)]
#[post("/sources/scim/{slug}/tokens/")]
pub(crate) async fn create(
    admin: Admin,
    app: web::Data<App>,
    slug: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let (id, key, now) = (SourceTokenId(app.ids.uuid()), app.ids.key(), app.clock.now());
    let (keyring, secret) = (app.keyring.clone(), key.clone());
    let (made, slug) = app
        .store
        .write(move |conn| {
            let source = sources::lock(conn, &slug)?;
            let fields = read(&body.object()?, now)?;
            if source_tokens::of_source(conn, source.id)?.len() >= MOST {
                return Err(ApiError::whole("The source has too many tokens: revoke one first."));
            }
            let made = source_tokens::insert(conn, &keyring, id, source.id, &fields, &secret, now)?;
            Ok::<_, ApiError>((made, source.fields.slug))
        })
        .await?;
    let (by, name) = (&admin.0.user.fields.username, &made.fields.name);
    tracing::info!(source = slug, "{by} made the token `{name}` of the source");
    let body = ScimSourceTokenCreated { token: shown(made), key: key.expose().clone() };
    Ok(HttpResponse::Created().json(body))
}

/// Revoke a token of a SCIM source. It opens nothing from then on.
///
/// Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "sources_scim_tokens_destroy",
    tag = "sources",
    params(
        ("slug" = String, Path, description = "The source's slug"),
        ("id" = uuid::Uuid, Path, description = "The token's key"),
    ),
    responses(
        (status = 204, description = "Revoked"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such source, or no such token of it"),
    ),
    security(("authentik" = [])),
)]
#[delete("/sources/scim/{slug}/tokens/{id}/")]
pub(crate) async fn destroy(
    admin: Admin,
    app: web::Data<App>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (slug, id) = path.into_inner();
    let id = SourceTokenId(path_key::uuid(&id)?);
    let slug = app
        .store
        .write(move |conn| {
            let source = sources::find_by_slug(conn, &slug)?.ok_or(ApiError::NoMatch(Model::ScimSource))?;
            source_tokens::delete(conn, source.id, id)?;
            Ok::<_, ApiError>(source.fields.slug)
        })
        .await?;
    let by = &admin.0.user.fields.username;
    tracing::info!(source = slug, "{by} revoked the token {} of the source", id.0);
    Ok(HttpResponse::NoContent().finish())
}

fn read(given: &JsonObject, now: Timestamp) -> Result<SourceTokenFields, ApiError> {
    let mut fields = SourceTokenFields { name: String::new(), scope: SourceScope::ALL, expires_at: None };
    let mut reader = Reader::new(given, Mode::Create);
    reader.require(&["name"]);
    reader.text("name", &mut fields.name);
    reader.boolean("users", &mut fields.scope.users);
    reader.boolean("groups", &mut fields.scope.groups);
    reader.boolean("read_only", &mut fields.scope.read_only);
    reader.moment_or_null("expires", &mut fields.expires_at);
    if !fields.scope.users && !fields.scope.groups {
        reader.fault(WHOLE, "A token must open Users or Groups.");
    }
    if fields.expires_at.is_some_and(|at| at <= now) {
        reader.fault("expires", "This moment is past.");
    }
    reader.judge(&fields, &[]);
    reader.finish()?;
    Ok(fields)
}

fn shown(token: SourceToken) -> ScimSourceToken {
    let SourceTokenFields { name, scope, expires_at } = token.fields;
    ScimSourceToken {
        pk: token.id.0,
        name,
        users: scope.users,
        groups: scope.groups,
        read_only: scope.read_only,
        created: token.created_at.into(),
        expires: expires_at.map(Into::into),
        last_used: token.last_used_at.map(Into::into),
    }
}
