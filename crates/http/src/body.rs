//! Reading the body of a request.
//!
//! The extractor never fails: what is wrong with a body is said only when a handler asks for it, after it has
//! found the object.

use std::convert::Infallible;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::de::Error as _;
use serde_json::Value;

use scimitar_domain::JsonObject;

use crate::error::ApiError;

/// The largest body that is read, in bytes.
pub const LARGEST: usize = 2 * 1024 * 1024;

/// A body as it came.
#[derive(Debug)]
pub struct Body {
    content: Content,
    media_type: String,
}

#[derive(Debug)]
enum Content {
    Whole(Bytes),
    TooLarge,
    Interrupted,
}

impl Body {
    /// The body as an object. An empty body counts as `{}`, and the last of two equal keys wins.
    pub fn object(&self) -> Result<JsonObject, ApiError> {
        let bytes = match &self.content {
            Content::Whole(bytes) => bytes,
            Content::TooLarge => return Err(ApiError::TooLarge(LARGEST)),
            Content::Interrupted => return Err(ApiError::Interrupted),
        };
        if bytes.is_empty() {
            return Ok(JsonObject::new());
        }
        if !is_json(&self.media_type) {
            return Err(ApiError::UnsupportedMediaType(self.media_type.clone()));
        }
        if has_endless_number(bytes) {
            return Err(ApiError::Malformed(serde_json::Error::custom("number out of range")));
        }
        match serde_json::from_slice(bytes).map_err(ApiError::Malformed)? {
            Value::Object(object) => Ok(object),
            Value::Null => Err(ApiError::whole("No data provided")),
            other => {
                let got = python_type(&other);
                Err(ApiError::whole(format!("Invalid data. Expected a dictionary, but got {got}.")))
            }
        }
    }
}

/// What Python calls the type of a value, as the documented messages do.
pub fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// Whether there is a whole number beyond 64 bits. It would be read as a float and come out as another number.
pub(crate) fn has_endless_number(json: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    let mut rest = json;
    while let Some((first, after)) = rest.split_first() {
        if *first == b'"' {
            rest = behind_text(after);
        } else if first.is_ascii_digit() || *first == b'-' {
            let (number, behind) =
                rest.split_at(rest.iter().position(|it| !is_part(it)).unwrap_or(rest.len()));
            let text = std::str::from_utf8(number).unwrap_or_default();
            let is_whole = !text.contains(['.', 'e', 'E']);
            if is_whole && text.len() > 18 && text.parse::<i64>().is_err() && text.parse::<u64>().is_err() {
                return true;
            }
            rest = behind;
        } else {
            rest = after;
        }
    }
    false
}

/// What follows the text that has begun.
fn behind_text(mut rest: &[u8]) -> &[u8] {
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b'"' => return after,
            b'\\' => after.get(1..).unwrap_or_default(),
            _other => after,
        };
    }
    rest
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

impl FromRequest for Body {
    type Error = Infallible;
    type Future = LocalBoxFuture<'static, Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type =
            req.headers().get(CONTENT_TYPE).map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
        let announced = announced_length(req.headers());
        let payload = payload.take();
        Box::pin(async move {
            let content =
                if announced > LARGEST { Content::TooLarge } else { collect(payload, announced).await };
            Ok(Self { content, media_type: media_type.unwrap_or_default() })
        })
    }
}

fn announced_length(headers: &HeaderMap) -> usize {
    headers
        .get(CONTENT_LENGTH)
        .and_then(|it| it.to_str().ok())
        .and_then(|it| it.parse().ok())
        .unwrap_or_default()
}

async fn collect(mut payload: Payload, announced: usize) -> Content {
    let mut bytes = BytesMut::with_capacity(announced);
    while let Some(chunk) = payload.next().await {
        let Ok(chunk) = chunk else { return Content::Interrupted };
        if bytes.len() + chunk.len() > LARGEST {
            return Content::TooLarge;
        }
        bytes.extend_from_slice(&chunk);
    }
    Content::Whole(bytes.freeze())
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError;

    use super::*;

    #[track_caller]
    fn check(media_type: &str, bytes: &'static [u8], expected: &str) {
        let content = Content::Whole(Bytes::from_static(bytes));
        let got = match (Body { content, media_type: media_type.to_owned() }).object() {
            Ok(object) => Value::Object(object).to_string(),
            Err(ApiError::Fields(errors)) => serde_json::to_string(&errors).unwrap(),
            Err(error) => format!("{} {error}", error.status_code().as_u16()),
        };
        assert!(got.starts_with(expected), "{media_type} {bytes:?} gave {got}");
    }

    #[test]
    fn bodies_read_as_documented() {
        check("application/json", b"", "{}");
        check("", b"", "{}");
        check("application/json", br#"{"a": 1, "a": 2}"#, r#"{"a":2}"#);
        check("Application/JSON; charset=utf-8", b"{}", "{}");
        check("text/plain", b"{}", r#"415 Unsupported media type "text/plain" in request."#);
        check("", b"{}", r#"415 Unsupported media type "" in request."#);
        check("application/json", b"{", "400 JSON parse error - ");
        check("application/json", b"\xff", "400 JSON parse error - ");
        check("application/json", br#""\ud800""#, "400 JSON parse error - ");
        check(
            "application/json",
            b"{\"a\": 99999999999999999999}",
            "400 JSON parse error - number out of range",
        );
        check("application/json", b"[-9223372036854775809]", "400 JSON parse error - number out of range");
        check("application/json", b"{\"a\": 18446744073709551615}", r#"{"a":18446744073709551615}"#);
        check("application/json", b"{\"a\": -9223372036854775808}", r#"{"a":-9223372036854775808}"#);
        check("application/json", b"{\"a\": 99999999999999999999.5}", r#"{"a":1e+20}"#);
        let quoted = br#"{"99999999999999999999": "\"99999999999999999999\\"}"#;
        check("application/json", quoted, r#"{"99999999999999999999":"#);
        check("application/json", b"null", r#"{"non_field_errors":["No data provided"]}"#);
        check(
            "application/json",
            b"[]",
            r#"{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}"#,
        );
        check(
            "application/json",
            b"1",
            r#"{"non_field_errors":["Invalid data. Expected a dictionary, but got int."]}"#,
        );
    }

    #[test]
    fn a_deeply_nested_body_is_refused_and_does_no_harm() {
        let body: &'static [u8] = vec![b'['; 100_000].leak();
        check("application/json", body, "400 JSON parse error - ");
    }
}
