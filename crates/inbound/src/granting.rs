//! Access tokens for clients that ask for them first (RFC 6749 §4.4).
//!
//! The client's id is the slug of its source, and any token of the source that people have made is a secret of it: so
//! there are several at once, each with its scope, and one is replaced while another works. An access token lasts an
//! hour and names the token that it was given for; it is sealed and stored nowhere, and ends with that token.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta};
use scimitar_domain::{Secret, SourceScope, SourceTokenId, Timestamp};
use scimitar_store::{Keyring, StoreError, source_tokens, sources, users};
use uuid::Uuid;

use crate::{Inbound, InboundError};

/// How long an access token works.
const LASTS: TimeDelta = TimeDelta::hours(1);
/// What an access token begins with, so that no other key is taken for one.
const MARK: &str = "sat.";
/// Where access tokens are sealed for.
const PLACE: &str = "source_tokens.access";

/// What a client asks the token endpoint.
#[derive(Debug, Clone, Default)]
pub struct GrantRequest {
    /// The header of that name.
    pub authorization: Option<Secret<String>>,
    pub grant_type: Option<String>,
    pub client_id: Option<String>,
    pub client_secret: Option<Secret<String>>,
}

/// An access token (RFC 6749 §5.1).
#[derive(Debug, Clone)]
pub struct Granted {
    pub access_token: Secret<String>,
    /// In seconds.
    pub expires_in: i64,
    /// What it opens, in words apart by spaces.
    pub scope: String,
}

/// Why there is none (RFC 6749 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ungranted {
    InvalidRequest,
    /// With whether the client used the header `Authorization`.
    InvalidClient {
        by_header: bool,
    },
    UnsupportedGrantType,
}

impl Inbound {
    /// Give the client of the source `slug` an access token for one of its secrets.
    ///
    /// What a client asks for as `scope` changes nothing: it gets what its secret is for, and is told.
    pub async fn grant(
        &self,
        slug: String,
        request: GrantRequest,
    ) -> Result<Result<Granted, Ungranted>, InboundError> {
        let by_header = request.authorization.is_some();
        let Some((id, secret)) = credentials(&request) else {
            // More than one way to say who it is, or half of one.
            let is_half = by_header || request.client_id.is_some() || request.client_secret.is_some();
            let refusal =
                if is_half { Ungranted::InvalidRequest } else { Ungranted::InvalidClient { by_header } };
            return Ok(Err(refusal));
        };
        let Some(grant_type) = &request.grant_type else { return Ok(Err(Ungranted::InvalidRequest)) };
        if grant_type != "client_credentials" {
            return Ok(Err(Ungranted::UnsupportedGrantType));
        }
        let (keyring, now) = (self.parts.keyring.clone(), self.parts.clock.now());
        let found = self
            .parts
            .store
            .read(move |conn| {
                let token = source_tokens::authenticate(conn, &keyring, &secret)?;
                let Some(token) = token.filter(|token| !token.is_expired(now)) else { return Ok(None) };
                let Some(source) = sources::find(conn, token.source)? else { return Ok(None) };
                let is_good = source.fields.slug == slug
                    && id == slug
                    && source.fields.enabled
                    && users::get(conn, source.account)?.fields.is_active;
                Ok::<_, StoreError>(Some(token).filter(|_| is_good))
            })
            .await?;
        let Some(token) = found else { return Ok(Err(Ungranted::InvalidClient { by_header })) };
        let until = token.fields.expires_at.map_or(now + LASTS, |at| at.min(now + LASTS));
        Ok(Ok(Granted {
            access_token: sealed(&self.parts.keyring, token.id, until)?,
            expires_in: (until - now).num_seconds(),
            scope: words(token.fields.scope),
        }))
    }
}

/// Who the client says it is, in the one way or the other (RFC 6749 §2.3.1). Neither slugs nor keys have characters in
/// them that would have to be encoded.
fn credentials(request: &GrantRequest) -> Option<(String, Secret<String>)> {
    match (&request.authorization, &request.client_id, &request.client_secret) {
        (Some(header), None, None) => {
            let (scheme, encoded) = header.expose().trim().split_once(' ')?;
            if !scheme.eq_ignore_ascii_case("basic") {
                return None;
            }
            let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
            let (id, secret) = text.split_once(':')?;
            Some((id.to_owned(), Secret::new(secret.to_owned())))
        }
        (None, Some(id), Some(secret)) => Some((id.clone(), secret.clone())),
        (Some(_) | None, _, _) => None,
    }
}

fn sealed(keyring: &Keyring, token: SourceTokenId, until: Timestamp) -> Result<Secret<String>, StoreError> {
    let said = Secret::new(format!("{} {}", token.0, until.timestamp_micros()));
    let sealed = keyring.seal(PLACE, &said)?;
    Ok(Secret::new(format!("{MARK}{}", URL_SAFE_NO_PAD.encode(sealed))))
}

/// The token that an access token was given for, if it is one of ours and works yet.
pub(crate) fn opened(keyring: &Keyring, key: &Secret<String>, now: Timestamp) -> Option<SourceTokenId> {
    let sealed = URL_SAFE_NO_PAD.decode(key.expose().strip_prefix(MARK)?).ok()?;
    let said = keyring.open(PLACE, &sealed).ok()?;
    let (token, until) = said.expose().split_once(' ')?;
    let until = DateTime::from_timestamp_micros(until.parse().ok()?)?;
    let token = Uuid::try_parse(token).ok()?;
    (now < until).then_some(SourceTokenId(token))
}

fn words(scope: SourceScope) -> String {
    let all = [(scope.users, "users"), (scope.groups, "groups"), (scope.read_only, "read_only")];
    let words: Vec<&str> = all.into_iter().filter_map(|(is_so, word)| is_so.then_some(word)).collect();
    words.join(" ")
}
