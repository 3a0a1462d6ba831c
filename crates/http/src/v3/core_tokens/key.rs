//! `/core/tokens/{identifier}/view_key/` and `set_key/`: the only ways in which a key comes out or goes in.

use actix_web::{HttpResponse, get, post, web};

use scimitar_api::{GenericError, TokenSetKeyRequest, TokenView, ValidationError};
use scimitar_domain::{JsonObject, Secret};
use scimitar_store::tokens;

use crate::app::App;
use crate::body::Body;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::fields::{Mode, Reader};

use super::of_caller;

/// Show a token's key.
#[utoipa::path(
    operation_id = "core_tokens_view_key_retrieve",
    tag = "core",
    params(("identifier" = String, Path, description = "The token's identifier")),
    responses(
        (status = 200, body = TokenView, description = "The key"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, description = "No such token"),
    ),
    security(("authentik" = [])),
)]
#[get("/core/tokens/{identifier}/view_key/")]
pub(crate) async fn view_key(
    caller: Caller,
    app: web::Data<App>,
    identifier: web::Path<String>,
) -> Result<web::Json<TokenView>, ApiError> {
    let (keyring, by) = (app.keyring.clone(), caller.user.pk);
    let (token, key) = app
        .store
        .read(move |conn| {
            let token = of_caller(conn, &caller, &identifier)?;
            let key = tokens::view_key(conn, &keyring, token.id)?;
            Ok::<_, ApiError>((token, key))
        })
        .await?;
    let identifier = &token.fields.identifier;
    tracing::info!(
        token.identifier = identifier,
        user.pk = by.0,
        "user {by} was shown the key of token `{identifier}`"
    );
    Ok(web::Json(TokenView { key: key.expose().clone() }))
}

/// Give a token another key. The old one stops working at once.
#[utoipa::path(
    operation_id = "core_tokens_set_key_create",
    tag = "core",
    params(("identifier" = String, Path, description = "The token's identifier")),
    request_body = TokenSetKeyRequest,
    responses(
        (status = 204, description = "The token has the key"),
        (status = 400, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, description = "No such token"),
    ),
    security(("authentik" = [])),
)]
#[post("/core/tokens/{identifier}/set_key/")]
pub(crate) async fn set_key(
    caller: Caller,
    app: web::Data<App>,
    identifier: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let (by, name) = (caller.clone(), identifier.into_inner());
    let token = app.store.read(move |conn| of_caller(conn, &by, &name)).await?;
    // An owner sees the token but does not choose its key: a weak one would be everybody's problem.
    let caller = caller.require_superuser()?.0;
    let key = read(&body.object()?)?;
    let (keyring, by, id) = (app.keyring.clone(), caller.user.pk, token.id);
    app.store.write(move |conn| tokens::set_key(conn, &keyring, id, &key)).await?;
    let identifier = &token.fields.identifier;
    tracing::info!(
        token.identifier = identifier,
        user.pk = by.0,
        "user {by} gave token `{identifier}` another key"
    );
    Ok(HttpResponse::NoContent().finish())
}

fn read(given: &JsonObject) -> Result<Secret<String>, ApiError> {
    let mut key = Secret::new(String::new());
    let mut reader = Reader::new(given, Mode::Create);
    reader.require(&["key"]);
    reader.secret("key", &mut key);
    reader.finish()?;
    Ok(key)
}
