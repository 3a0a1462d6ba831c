//! `/core/tokens/`: the keys with which callers authenticate.
//!
//! Ordinary users see and keep their own tokens; superusers see all of them.

mod filter;
mod key;
mod read;
pub(super) mod show;

use actix_web::{HttpResponse, delete, get, patch, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{
    GenericError, PageParams, PaginatedTokenList, PatchedTokenRequest, Token, TokenListParams, TokenRequest,
    UsedBy, ValidationError,
};
use scimitar_domain::TokenId;
use scimitar_store::{Conn, sources, tokens};

use crate::app::App;
use crate::body::Body;
use crate::caller::Caller;
use crate::error::{ApiError, Model};
use crate::explain::explain;
use crate::fields::Mode;
use crate::page;
use crate::params::Params;
use crate::v3::sources_scim::{self, used_by::owner};

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list)
        .service(create)
        .service(retrieve)
        .service(update)
        .service(partial_update)
        .service(destroy)
        .service(key::view_key)
        .service(key::set_key)
        .service(used_by);
}

/// List tokens.
#[utoipa::path(
    operation_id = "core_tokens_list",
    tag = "core",
    params(TokenListParams, PageParams),
    responses(
        (status = 200, body = PaginatedTokenList, description = "One page of tokens"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/core/tokens/")]
pub(crate) async fn list(
    caller: Caller,
    app: web::Data<App>,
    params: Params,
) -> Result<web::Json<PaginatedTokenList>, ApiError> {
    let filter = filter::read(&params)?;
    let request = page::request(&params, app.page_size_cap)?;
    let (install, owner) = (app.install, (!caller.is_superuser).then_some(caller.user.pk));
    let found = app
        .store
        .read(move |conn| {
            let found = tokens::page(conn, &filter, &request, owner)?;
            let shown = show::tokens(conn, &found.rows, install)?;
            Ok::<_, ApiError>(page::paginated(&found, shown))
        })
        .await?;
    Ok(web::Json(found))
}

/// Create a token.
#[utoipa::path(
    operation_id = "core_tokens_create",
    tag = "core",
    request_body = TokenRequest,
    responses(
        (status = 201, body = Token, description = "The token"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[post("/core/tokens/")]
pub(crate) async fn create(
    caller: Caller,
    app: web::Data<App>,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let given = body.object()?;
    let now = app.clock.now();
    let draft = read::create(&given, &caller, now);
    let (id, key) = (TokenId(app.ids.uuid()), app.ids.key());
    let (keyring, install) = (app.keyring.clone(), app.install);
    let attempt = {
        let draft = draft.clone();
        app.store
            .write(move |conn| {
                draft.accepted()?;
                let token = tokens::insert(conn, &keyring, id, &draft.fields, &key)?;
                show::one(conn, &token, install)
            })
            .await
    };
    match attempt {
        Ok(token) => Ok(HttpResponse::Created().json(token)),
        Err(error) => Err(explain(&app, error, move |conn| read::faults(conn, &draft, None)).await),
    }
}

/// Show a token.
#[utoipa::path(
    operation_id = "core_tokens_retrieve",
    tag = "core",
    params(("identifier" = String, Path, description = "The token's identifier")),
    responses(
        (status = 200, body = Token, description = "The token"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such token"),
    ),
    security(("authentik" = [])),
)]
#[get("/core/tokens/{identifier}/")]
pub(crate) async fn retrieve(
    caller: Caller,
    app: web::Data<App>,
    identifier: web::Path<String>,
) -> Result<web::Json<Token>, ApiError> {
    let install = app.install;
    let found = app
        .store
        .read(move |conn| {
            let token = of_caller(conn, &caller, &identifier)?;
            show::one(conn, &token, install)
        })
        .await?;
    Ok(web::Json(found))
}

/// Replace a token. Its key stays.
#[utoipa::path(
    operation_id = "core_tokens_update",
    tag = "core",
    params(("identifier" = String, Path, description = "The token's identifier")),
    request_body = TokenRequest,
    responses(
        (status = 200, body = Token, description = "The token"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such token"),
    ),
    security(("authentik" = [])),
)]
#[put("/core/tokens/{identifier}/")]
pub(crate) async fn update(
    caller: Caller,
    app: web::Data<App>,
    identifier: web::Path<String>,
    body: Body,
) -> Result<web::Json<Token>, ApiError> {
    change(caller, app, identifier.into_inner(), &body, Mode::Replace).await
}

/// Change a token. Its key stays.
#[utoipa::path(
    operation_id = "core_tokens_partial_update",
    tag = "core",
    params(("identifier" = String, Path, description = "The token's identifier")),
    request_body(content = PatchedTokenRequest),
    responses(
        (status = 200, body = Token, description = "The token"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such token"),
    ),
    security(("authentik" = [])),
)]
#[patch("/core/tokens/{identifier}/")]
pub(crate) async fn partial_update(
    caller: Caller,
    app: web::Data<App>,
    identifier: web::Path<String>,
    body: Body,
) -> Result<web::Json<Token>, ApiError> {
    change(caller, app, identifier.into_inner(), &body, Mode::Patch).await
}

/// Delete a token. Its key stops working at once. A source whose token it was gets a new one.
#[utoipa::path(
    operation_id = "core_tokens_destroy",
    tag = "core",
    params(("identifier" = String, Path, description = "The token's identifier")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such token"),
    ),
    security(("authentik" = [])),
)]
#[delete("/core/tokens/{identifier}/")]
pub(crate) async fn destroy(
    caller: Caller,
    app: web::Data<App>,
    identifier: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (keyring, spare, now) = (app.keyring.clone(), sources_scim::spare(&app), app.clock.now());
    app.store
        .write(move |conn| {
            let token = of_caller(conn, &caller, &identifier)?;
            let source = sources::by_token(conn, token.id)?;
            tokens::delete(conn, token.id)?;
            if let Some(source) = source {
                sources::settle(conn, &keyring, source.id, &spare, now)?;
            }
            Ok::<_, ApiError>(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List what refers to a token: the source that it belongs to, if it does.
#[utoipa::path(
    operation_id = "core_tokens_used_by_list",
    tag = "core",
    params(("identifier" = String, Path, description = "The token's identifier")),
    responses(
        (status = 200, body = Vec<UsedBy>, description = "What refers to the token"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such token"),
    ),
    security(("authentik" = [])),
)]
#[get("/core/tokens/{identifier}/used_by/")]
pub(crate) async fn used_by(
    caller: Caller,
    app: web::Data<App>,
    identifier: web::Path<String>,
) -> Result<web::Json<Vec<UsedBy>>, ApiError> {
    let source = app
        .store
        .read(move |conn| {
            let token = of_caller(conn, &caller, &identifier)?;
            sources::by_token(conn, token.id).map_err(ApiError::from)
        })
        .await?;
    Ok(web::Json(source.iter().map(owner).collect()))
}

/// The token, if the caller may see it.
fn of_caller(conn: &mut Conn, caller: &Caller, identifier: &str) -> Result<scimitar_domain::Token, ApiError> {
    tokens::find_by_identifier(conn, identifier)?
        .filter(|token| caller.is_superuser || token.fields.user == caller.user.pk)
        .ok_or(ApiError::NoMatch(Model::Token))
}

/// The stored token is read, changed and written in one unit, so that no two changes undo each other.
async fn change(
    caller: Caller,
    app: web::Data<App>,
    identifier: String,
    body: &Body,
    mode: Mode,
) -> Result<web::Json<Token>, ApiError> {
    let given = match body.object() {
        Ok(given) => given,
        Err(error) => {
            // A missing object outweighs a broken body.
            app.store.read(move |conn| of_caller(conn, &caller, &identifier)).await?;
            return Err(error);
        }
    };
    let (now, install) = (app.clock.now(), app.install);
    let attempt = {
        let (given, caller, identifier) = (given.clone(), caller.clone(), identifier.clone());
        app.store
            .write(move |conn| {
                let stored = of_caller(conn, &caller, &identifier)?;
                let draft = read::change(&given, mode, &caller, &stored.fields, now);
                draft.accepted()?;
                let token = tokens::update(conn, stored.id, &draft.fields)?;
                show::one(conn, &token, install)
            })
            .await
    };
    match attempt {
        Ok(token) => Ok(web::Json(token)),
        Err(error) if error.faults().is_some() => {
            let by = caller.clone();
            let stored = app.store.read(move |conn| of_caller(conn, &by, &identifier)).await?;
            let draft = read::change(&given, mode, &caller, &stored.fields, now);
            Err(explain(&app, error, move |conn| read::faults(conn, &draft, Some(stored.id))).await)
        }
        Err(error) => Err(error),
    }
}
