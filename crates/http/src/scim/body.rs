//! The body of a request. What is wrong with it is said when somebody asks for it, after the rest was judged.

use std::convert::Infallible;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::de::Error as _;
use serde_json::Value;

use super::error::ScimError;
use super::strict;
use crate::body::has_endless_number;

/// The largest body that is read, in octets.
pub(super) const LARGEST: usize = 10 * 1024 * 1024;

/// A body that is not read yet.
pub(super) struct Body {
    payload: Payload,
    announced: usize,
    media_type: Option<String>,
}

impl Body {
    /// The body as JSON. A missing media type is forgiven (RFC 7644 §3.1 asks for `application/scim+json`).
    pub(super) async fn json(mut self) -> Result<Value, ScimError> {
        if self.media_type.as_deref().is_some_and(|it| !is_json(it)) {
            return Err(ScimError::UnsupportedMediaType);
        }
        let bytes = self.collect().await?;
        if has_endless_number(&bytes) {
            return Err(ScimError::Malformed(serde_json::Error::custom("a number is out of range")));
        }
        strict::read(&bytes).map_err(ScimError::Malformed)
    }

    async fn collect(&mut self) -> Result<Bytes, ScimError> {
        if self.announced > LARGEST {
            return Err(ScimError::TooLarge);
        }
        let mut bytes = BytesMut::with_capacity(self.announced);
        while let Some(chunk) = self.payload.next().await {
            let chunk = chunk.map_err(|_broken| ScimError::Interrupted)?;
            if bytes.len() + chunk.len() > LARGEST {
                return Err(ScimError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }
}

impl FromRequest for Body {
    type Error = Infallible;
    type Future = LocalBoxFuture<'static, Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let header = |name| req.headers().get(name).and_then(|it| it.to_str().ok());
        let body = Self {
            announced: header(CONTENT_LENGTH).and_then(|it| it.parse().ok()).unwrap_or_default(),
            media_type: header(CONTENT_TYPE).map(str::to_owned),
            payload: payload.take(),
        };
        Box::pin(async move { Ok(body) })
    }
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(&*essence, "" | "application/scim+json" | "application/json")
}
