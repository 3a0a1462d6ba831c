//! Access tokens from an authorization server, kept until shortly before they expire.

use std::fmt;

use chrono::TimeDelta;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde_json::Value;
use tokio::sync::Mutex;
use url::{Url, form_urlencoded};

use scimitar_domain::{Secret, Timestamp};

use crate::certificates::Certificates;
use crate::credentials::{ClientAuthentication, ClientCredentials, Key};
use crate::detail;
use crate::distrust::{self, Handshake};
use crate::egress::{Egress, Trust};
use crate::error::ClientError;
use crate::guard;
use crate::reply::{Reader, Unread};
use crate::target::fit;

/// How long a token lasts when the answer does not say. RFC 6749 §5.1 leaves it to the documentation of the
/// server; too short costs a request, too long a refusal.
const UNSTATED: TimeDelta = TimeDelta::minutes(5);
/// A token is renewed so long before its end, or a tenth of its life where that is less.
const MARGIN: TimeDelta = TimeDelta::minutes(1);
/// More than any answer of a token endpoint has.
const LONGEST_ANSWER: usize = 64 * 1024;

pub(crate) struct Issuer {
    egress: Egress,
    http: reqwest::Client,
    url: Url,
    host: String,
    client: ClientCredentials,
    current: Mutex<Option<Issued>>,
}

struct Issued {
    key: Key,
    renew_at: Timestamp,
}

impl Issuer {
    pub(crate) fn new(
        egress: &Egress,
        client: ClientCredentials,
        verify_certificates: bool,
        certificates: &Certificates,
    ) -> Result<Self, ClientError> {
        let (url, host) = fit(&client.token_url).map_err(|fault| ClientError::BadTokenUrl { fault })?;
        let http = egress.http(Trust::of(url.scheme() == "https", verify_certificates), certificates)?;
        Ok(Self { egress: egress.clone(), http, url, host, client, current: Mutex::default() })
    }

    /// A token that is good for a while. Callers who come meanwhile wait for the one request.
    pub(crate) async fn key(&self) -> Result<Key, ClientError> {
        let mut current = self.current.lock().await;
        let now = self.egress.clock().now();
        if let Some(issued) = current.as_ref().filter(|issued| now < issued.renew_at) {
            return Ok(issued.key.clone());
        }
        let issued = self.ask(now).await?;
        let key = issued.key.clone();
        *current = Some(issued);
        Ok(key)
    }

    /// The remote has refused this token; whoever was later may have another one already.
    pub(crate) async fn forget(&self, key: &Key) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|issued| issued.key.is(key)) {
            *current = None;
        }
    }

    async fn ask(&self, now: Timestamp) -> Result<Issued, ClientError> {
        self.egress.check(&self.url)?;
        let response = self.request().send().await.map_err(|error| self.failed(error))?;
        let status = response.status().as_u16();
        let reader = Reader { limit: LONGEST_ANSWER, hidden: self.hidden(), clock: self.egress.clock() };
        let body = reader.body(response).await.map_err(|unread| match unread {
            Unread::Broken(error) => self.failed(error),
            Unread::Refused(_) | Unread::Other(_) => self.unavailable("its answer is too long".to_owned()),
        })?;
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        match status {
            200..=299 => self.read(&answer, now),
            429 | 500..=599 => Err(self.unavailable(format!("it answered {status}{}", self.said(&answer)))),
            _ => Err(ClientError::TokenRefused {
                host: self.host.clone(),
                status,
                detail: self.said(&answer).strip_prefix(": ").unwrap_or_default().to_owned(),
            }),
        }
    }

    fn request(&self) -> reqwest::RequestBuilder {
        let ClientCredentials { client_id, client_secret, .. } = &self.client;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        for (name, value) in &self.client.parameters {
            form.append_pair(name, value);
        }
        let json = HeaderValue::from_static("application/json");
        let request = self.http.post(self.url.clone()).header(ACCEPT, json);
        let request = match self.client.authentication {
            // Both halves are form-encoded before they are joined (RFC 6749 §2.3.1).
            ClientAuthentication::Basic => {
                let encoded =
                    |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                request.basic_auth(encoded(client_id), Some(encoded(client_secret.expose())))
            }
            ClientAuthentication::Body => {
                form.append_pair("client_id", client_id);
                form.append_pair("client_secret", client_secret.expose());
                request
            }
        };
        request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.finish())
    }

    fn read(&self, answer: &Value, now: Timestamp) -> Result<Issued, ClientError> {
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
        let token = text("access_token");
        if token.is_empty() {
            return Err(self.unavailable("its answer has no `access_token`".to_owned()));
        }
        let kind = text("token_type");
        if !kind.is_empty() && !kind.eq_ignore_ascii_case("bearer") {
            return Err(self.unavailable(format!("it issues tokens of type `{}`", self.clean(kind))));
        }
        let lasts = answer.get("expires_in").and_then(seconds).unwrap_or(UNSTATED);
        let renew_at = now + lasts - MARGIN.min(lasts / 10);
        Ok(Issued { key: Key::new(Secret::new(token.to_owned()))?, renew_at })
    }

    /// What the server says of an error (RFC 6749 §5.2), as the tail of a sentence.
    fn said(&self, answer: &Value) -> String {
        let words = ["error", "error_description"].into_iter().filter_map(|name| answer.get(name)?.as_str());
        words.fold(String::new(), |said, word| said + ": " + &self.clean(word))
    }

    fn clean(&self, text: &str) -> String {
        detail::clean(text, self.hidden())
    }

    fn hidden(&self) -> &[Secret<String>] {
        std::slice::from_ref(&self.client.client_secret)
    }

    fn failed(&self, error: reqwest::Error) -> ClientError {
        if let Some(refused) = guard::refusal(&error) {
            return refused.clone().into();
        }
        let host = self.host.clone();
        match distrust::handshake(&error) {
            Some(Handshake::Distrust(reason)) => ClientError::Untrusted { host, reason },
            Some(Handshake::Unwelcome(reason)) => ClientError::Unwelcome { host, reason },
            None if error.is_timeout() => self.unavailable("it did not answer in time".to_owned()),
            None => self.unavailable(error.without_url().to_string()),
        }
    }

    fn unavailable(&self, reason: String) -> ClientError {
        ClientError::TokenUnavailable { host: self.host.clone(), reason }
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("host", &self.host).finish_non_exhaustive()
    }
}

/// A number of seconds, also as text, which some servers send; at most a day.
fn seconds(value: &Value) -> Option<TimeDelta> {
    let n = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())?;
    TimeDelta::try_seconds(n.clamp(0, 86_400))
}
