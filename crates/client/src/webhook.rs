//! Telling others of events: one signed POST, under the same egress rules as calls to remotes.
//!
//! Header names and signature are those of the Standard Webhooks specification: HMAC-SHA256 over id, time and body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use sha2::Sha256;
use url::Url;

use scimitar_domain::{Secret, Timestamp};

use crate::certificates::Certificates;
use crate::egress::{Egress, Trust};
use crate::error::ClientError;
use crate::guard;

/// How secrets of that specification begin; what follows is Base64.
const PREFIX: &str = "whsec_";
/// What that specification asks for at least, and far more than it allows, in bytes.
const KEY_LENGTH: std::ops::RangeInclusive<usize> = 24..=512;

/// What notices are signed with. Does not print.
#[derive(Debug, Clone)]
pub struct SigningKey(Secret<Vec<u8>>);

impl SigningKey {
    /// Read `whsec_` with Base64 behind it, or any other text as it is. Otherwise answers what is wrong, for people.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let key = match text.strip_prefix(PREFIX) {
            Some(encoded) => STANDARD.decode(encoded).or(Err("what follows `whsec_` is not Base64"))?,
            None => text.as_bytes().to_vec(),
        };
        if KEY_LENGTH.contains(&key.len()) {
            Ok(Self(Secret::new(key)))
        } else {
            Err("it must have 24 to 512 bytes; `openssl rand -hex 32` makes a good one")
        }
    }
}

/// What is to be told, and to whom.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    pub url: &'a str,
    pub key: &'a SigningKey,
    /// The same in each attempt, so that whoever is told twice can know.
    pub id: &'a str,
    pub body: &'a str,
}

impl Egress {
    /// Tell it once. Otherwise answers why it was not taken, for people; redirects count as refusals. What is answered
    /// beside the status is not read.
    pub async fn notify(&self, notice: Notice<'_>) -> Result<(), String> {
        let url = Url::parse(notice.url).map_err(|error| error.to_string())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("its scheme is neither http nor https".to_owned());
        }
        self.check(&url).map_err(|error| error.to_string())?;
        let trust = Trust::of(url.scheme() == "https", true);
        let http = self.http(trust, &Certificates::default()).map_err(|error| error.explain())?;
        let at = self.clock().now();
        let request = http
            .post(url)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header("webhook-id", notice.id)
            .header("webhook-timestamp", at.timestamp().to_string())
            .header("webhook-signature", signature(notice, at))
            .body(notice.body.to_owned());
        match request.send().await {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => Err(format!("it answered {}", response.status().as_u16())),
            Err(error) => Err(match guard::refusal(&error) {
                Some(refused) => ClientError::from(refused.clone()).to_string(),
                None if error.is_timeout() => "it did not answer in time".to_owned(),
                None => error.without_url().to_string(),
            }),
        }
    }
}

/// `v1,` and the signature in Base64.
fn signature(notice: Notice<'_>, at: Timestamp) -> String {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(notice.key.0.expose()) else { return String::new() };
    mac.update(format!("{}.{}.{}", notice.id, at.timestamp(), notice.body).as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference implementations.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let key = SigningKey::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a key");
        let body = r#"{"test": 2432232314}"#;
        let notice = Notice { url: "", key: &key, id: "msg_p5jXN8AQM9LWM0D4loKWxJek", body };
        let at = Timestamp::from_timestamp(1_614_265_330, 0).expect("a moment");
        assert_eq!(signature(notice, at), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_key_that_is_no_key_is_told_apart_and_none_prints() {
        let read = |text: &str| SigningKey::read(text).map(|key| format!("{key:?}"));
        assert_eq!(read("canary-canary-canary-canary"), Ok("SigningKey(***)".to_owned()));
        assert_eq!(read("whsec_!"), Err("what follows `whsec_` is not Base64"));
        for short in ["", "canary", "whsec_Y2FuYXJ5"] {
            assert!(read(short).is_err_and(|reason| reason.starts_with("it must have 24")), "{short}");
        }
        assert!(read(&"x".repeat(513)).is_err());
    }
}
