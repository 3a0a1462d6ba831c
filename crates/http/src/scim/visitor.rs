//! The client of a source. This extractor is the only way in.

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, USER_AGENT};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;

use scimitar_domain::{Secret, Timestamp};
use scimitar_inbound::Visit;

use super::address::{Address, Place};
use super::error::ScimError;
use super::told;
use crate::app::App;
use crate::origin::Origin;

/// An admitted client, and what its address means.
pub(crate) struct Visitor {
    pub(super) visit: Visit,
    pub(super) place: Place,
    /// When the request came.
    pub(super) at: Timestamp,
}

impl FromRequest for Visitor {
    type Error = ScimError;
    type Future = LocalBoxFuture<'static, Result<Self, ScimError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let req = req.clone();
        let origin = Origin::from_request(&req, payload);
        Box::pin(async move {
            let app = req.app_data::<web::Data<App>>().ok_or(ScimError::NoState)?;
            let at = app.clock.now();
            let Address { slug, place } = Address::read(req.uri().path()).ok_or(ScimError::NotFound)?;
            let base = origin.await.map_err(|_no_state| ScimError::NoState)?.of_source(&slug);
            let agent = req.headers().get(USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or_default();
            match app.inbound.admit(slug.clone(), bearer_key(req.headers()), base, agent).await {
                Ok(visit) => Ok(Self { visit, place, at }),
                Err(error) => {
                    let error = ScimError::from(error);
                    app.inbound.log_stranger(slug, told::refusal(&req, &place, at, &error));
                    Err(error)
                }
            }
        })
    }
}

/// The key in the header (RFC 6750 §2.1). The word before it is written in any case.
fn bearer_key(headers: &HeaderMap) -> Option<Secret<String>> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(key.trim().to_owned()))
}
