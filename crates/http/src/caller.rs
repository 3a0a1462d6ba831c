//! Who is asking. These extractors are the only way in: a handler that takes neither is visibly public.

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;

use scimitar_domain::{Intent, Secret, Token, User};
use scimitar_store::{StoreError, tokens, users};

use crate::app::App;
use crate::error::ApiError;

const INVALID: ApiError = ApiError::AuthenticationFailed("Token invalid/expired");
const UNSUPPORTED: ApiError = ApiError::AuthenticationFailed("Unsupported authentication type");

/// An authenticated user, with any rights or none.
#[derive(Debug, Clone)]
pub struct Caller {
    pub user: User,
    pub token: Token,
    pub is_superuser: bool,
}

/// A caller who may do everything: a member of a superuser group, directly or through its ancestors.
#[derive(Debug, Clone)]
pub struct Admin(pub Caller);

impl Caller {
    /// Who the headers say is asking; nobody if they carry no credentials.
    ///
    /// One read for each request: a token that is revoked has no effect from then on.
    pub(crate) async fn find(app: &App, headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        let Some(key) = bearer_key(headers)? else { return Ok(None) };
        let (keyring, now) = (app.keyring.clone(), app.clock.now());
        let found = app
            .store
            .read(move |conn| {
                let Some((token, user)) = tokens::authenticate(conn, &keyring, &key)? else {
                    return Ok::<_, StoreError>(None);
                };
                if !user.fields.is_active || token.fields.intent != Intent::Api || token.is_expired(now) {
                    return Ok(None);
                }
                let is_superuser = users::is_superuser(conn, user.pk)?;
                Ok(Some(Self { user, token, is_superuser }))
            })
            .await?;
        found.map(Some).ok_or(INVALID)
    }

    pub(crate) fn require_superuser(self) -> Result<Admin, ApiError> {
        if self.is_superuser { Ok(Admin(self)) } else { Err(ApiError::PermissionDenied) }
    }
}

/// The refusal of a caller without credentials: it depends on whether one object was asked for.
pub(crate) fn anonymous(one_object: bool) -> ApiError {
    if one_object { ApiError::PermissionDenied } else { ApiError::NotAuthenticated }
}

/// The key in the header. A header without a space in it counts as none.
fn bearer_key(headers: &HeaderMap) -> Result<Option<Secret<String>>, ApiError> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let text = String::from_utf8_lossy(value.as_bytes());
    let Some((scheme, key)) = text.split_once(' ') else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(UNSUPPORTED);
    }
    Ok(Some(Secret::new(key.trim().to_owned())))
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let app = req.app_data::<web::Data<App>>().ok_or(ApiError::NoState)?;
            let found = Self::find(app, req.headers()).await?;
            found.ok_or_else(|| anonymous(!req.match_info().is_empty()))
        })
    }
}

impl FromRequest for Admin {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(req, payload);
        Box::pin(async move { caller.await?.require_superuser() })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(header: Option<&'static str>, expected: &str) {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(AUTHORIZATION, HeaderValue::from_static(header));
        }
        let got = match bearer_key(&headers) {
            Ok(Some(key)) => format!("key {}", key.expose()),
            Ok(None) => "nobody".to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{header:?}");
    }

    #[test]
    fn only_bearer_keys_are_read() {
        check(None, "nobody");
        check(Some("abc"), "nobody");
        check(Some("Bearer abc"), "key abc");
        check(Some("bEARER abc"), "key abc");
        check(Some("Basic YTpi"), "Unsupported authentication type");
        check(Some("Bearer  abc"), "key abc");
    }
}
