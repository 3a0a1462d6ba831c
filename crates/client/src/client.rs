//! Speaking to one remote: one function for each thing that SCIM can be asked to do.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, IF_MATCH};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use url::Url;

use scimitar_domain::Secret;
use scimitar_scim::{Capabilities, ResourceKind, attribute, etag};

use crate::credentials::{Credentials, Key, Keys};
use crate::distrust::{self, Handshake};
use crate::egress::{Egress, Trust};
use crate::error::ClientError;
use crate::exchange::{Exchange, Method, Recorder};
use crate::guard;
use crate::issuer::Issuer;
use crate::metrics;
use crate::refusal::Subject;
use crate::reply::{Reader, Reply, Unread};
use crate::shown::{self, Veil};
use crate::target::{BaseUrl, Target, is_usable_id};

const SCIM_JSON: HeaderValue = HeaderValue::from_static("application/scim+json");

/// A remote SCIM service. Cheap to clone; clones share the limit on calls under way.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    recorder: Option<Recorder>,
    /// The version that changes are made for.
    version: Option<Arc<str>>,
}

struct Inner {
    egress: Egress,
    http: reqwest::Client,
    base: BaseUrl,
    keys: Keys,
    places: Semaphore,
}

/// What a remote answered to a write.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The id in the answer. A create always has one.
    pub id: Option<String>,
    /// The resource as the remote now shows it; many answer writes without one.
    pub body: Option<Value>,
    /// The version that the resource has now, where the remote tells one that can be named in `If-Match`.
    pub version: Option<String>,
}

/// One call to be made.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) subject: Subject<'a>,
    pub(crate) body: Option<&'a Value>,
}

#[derive(Debug, thiserror::Error)]
#[error("the request was given up")]
struct GivenUp;

/// What came of a call.
pub(crate) struct Heard {
    pub(crate) outcome: Result<Reply, ClientError>,
    /// The key that was sent; none where nothing was.
    pub(crate) key: Option<Key>,
    pub(crate) status: Option<u16>,
    pub(crate) duration: Duration,
    /// The body of the answer, as far as it was read.
    pub(crate) answered: Vec<u8>,
}

impl Client {
    /// A client for `target`. To be made once for each state of a provider: its limit on calls under way holds
    /// for its clones only.
    pub fn new(egress: &Egress, target: Target) -> Result<Self, ClientError> {
        let Target { base_url, credentials, verify_certificates, certificates, max_in_flight } = target;
        let base = BaseUrl::read(&base_url).map_err(|fault| ClientError::BadUrl { fault })?;
        let keys = match credentials {
            Credentials::ClientCredentials(client) => {
                Keys::Issued(Box::new(Issuer::new(egress, client, verify_certificates, &certificates)?))
            }
            given @ (Credentials::Bearer(_)
            | Credentials::Basic { .. }
            | Credentials::Header { .. }
            | Credentials::Certificate) => Keys::Given(given.key()?),
        };
        let inner = Inner {
            egress: egress.clone(),
            http: egress.http(Trust::of(base.is_https(), verify_certificates), &certificates)?,
            base,
            keys,
            places: Semaphore::new(max_in_flight.clamp(1, Semaphore::MAX_PERMITS)),
        };
        Ok(Self { inner: Arc::new(inner), recorder: None, version: None })
    }

    /// This client, telling `recorder` of the exchanges that it wants.
    #[must_use]
    pub fn with_recorder(&self, recorder: Recorder) -> Self {
        Self { recorder: Some(recorder), ..self.clone() }
    }

    /// This client, whose PUT, PATCH and DELETE are for a resource of this version only (RFC 7644 §3.14). Another
    /// version is [`ClientError::Stale`], and nothing is done.
    #[must_use]
    pub fn if_match(&self, version: Option<&str>) -> Self {
        Self { version: version.map(Arc::from), ..self.clone() }
    }

    /// What the remote says that it can do. A remote that has no such document, or none that can be read, leaves
    /// everything unknown.
    pub async fn service_provider_config(&self) -> Result<Capabilities, ClientError> {
        self.service_provider_config_at("ServiceProviderConfig").await
    }

    /// The same for remotes that have the document at another place (Salesforce: `ServiceProviderConfigs`).
    pub async fn service_provider_config_at(&self, route: &str) -> Result<Capabilities, ClientError> {
        let call = Call {
            method: Method::Get,
            url: self.base().route(route)?,
            subject: Subject::Route(route),
            body: None,
        };
        match self.call(call).await {
            Ok(reply) => Ok(reply.document.as_ref().map(Capabilities::read).unwrap_or_default()),
            Err(error) if leaves_unknown(&error) => Ok(Capabilities::default()),
            Err(error) => Err(error),
        }
    }

    /// Make a resource. Any 2xx is success, but without an id in it the resource cannot be known again.
    pub async fn create(&self, kind: ResourceKind, resource: &Value) -> Result<Answer, ClientError> {
        let route = kind.endpoint();
        let call = Call {
            method: Method::Post,
            url: self.base().route(route)?,
            subject: Subject::Route(route),
            body: Some(resource),
        };
        let answer = Answer::read(self.call(call).await?);
        match &answer.id {
            Some(id) if is_usable_id(id) => Ok(answer),
            Some(_) | None => Err(ClientError::MissingId),
        }
    }

    /// Replace a resource as a whole (RFC 7644 §3.5.1).
    pub async fn replace(
        &self,
        kind: ResourceKind,
        remote_id: &str,
        resource: &Value,
    ) -> Result<Answer, ClientError> {
        self.on_resource(Method::Put, kind, remote_id, Some(resource)).await.map(Answer::read)
    }

    /// Change parts of a resource; `request` comes from [`scimitar_scim::patch`].
    pub async fn patch(
        &self,
        kind: ResourceKind,
        remote_id: &str,
        request: &Value,
    ) -> Result<Answer, ClientError> {
        self.on_resource(Method::Patch, kind, remote_id, Some(request)).await.map(Answer::read)
    }

    /// Delete a resource. [`ClientError::Gone`] means that there is nothing left to do.
    pub async fn delete(&self, kind: ResourceKind, remote_id: &str) -> Result<(), ClientError> {
        self.on_resource(Method::Delete, kind, remote_id, None).await.map(drop)
    }

    /// A resource as the remote shows it.
    pub async fn get(&self, kind: ResourceKind, remote_id: &str) -> Result<Value, ClientError> {
        Ok(self.get_with_version(kind, remote_id).await?.0)
    }

    /// The same, with the version that can be named in `If-Match`.
    pub async fn get_with_version(
        &self,
        kind: ResourceKind,
        remote_id: &str,
    ) -> Result<(Value, Option<String>), ClientError> {
        let reply = self.on_resource(Method::Get, kind, remote_id, None).await?;
        let version = reply.version();
        let found = reply.document;
        let empty = || ClientError::Malformed { status: 200, found: "an empty body".to_owned() };
        Ok((found.ok_or_else(empty)?, version))
    }

    async fn on_resource(
        &self,
        method: Method,
        kind: ResourceKind,
        remote_id: &str,
        body: Option<&Value>,
    ) -> Result<Reply, ClientError> {
        let url = self.base().resource(kind.endpoint(), remote_id)?;
        self.call(Call { method, url, subject: Subject::Resource(remote_id), body }).await
    }

    pub(crate) fn base(&self) -> &BaseUrl {
        &self.inner.base
    }

    /// Make one call: wait for a place, send, read, tell.
    pub(crate) async fn call(&self, call: Call<'_>) -> Result<Reply, ClientError> {
        self.hear(&call).await.outcome
    }

    /// The same, with all that came of it.
    pub(crate) async fn hear(&self, call: &Call<'_>) -> Heard {
        let asked = Instant::now();
        // The semaphore is never closed, so there is always a place in the end.
        let _place = self.inner.places.acquire().await.ok();
        let waited = asked.elapsed();
        let mut heard = self.once(call, waited).await;
        if let (Err(ClientError::Unauthorized { .. }), Some(key)) = (&heard.outcome, &heard.key)
            && self.inner.keys.refused(key).await
        {
            // An issued key may be revoked before its time. Nothing was done, so asking again doubles nothing.
            heard = self.once(call, Duration::ZERO).await;
        }
        if let Err(error) = &heard.outcome {
            metrics::refused(error);
        }
        heard
    }

    /// Send and read once.
    async fn once(&self, call: &Call<'_>, waited: Duration) -> Heard {
        let key = match self.inner.keys.key().await {
            Ok(key) => key,
            Err(error) => return Heard::unsent(error),
        };
        let sent = Instant::now();
        let response = self.send(call, &key).await;
        let status = response.as_ref().ok().map(|response| response.status().as_u16());
        let mut answered = Vec::new();
        let outcome = match response {
            Ok(response) => {
                let hidden = shown::hidden(key.hidden(), call.body);
                let read = self.reader(&hidden).read(response, &mut answered).await;
                read.map_err(|unread| self.unread(unread, call))
            }
            Err(error) => Err(error),
        };
        let duration = sent.elapsed();
        metrics::exchanged(call.method, status, duration, waited);
        let heard = Heard { outcome, key: Some(key), status, duration, answered };
        if let (Some(recorder), Some(key)) = (&self.recorder, &heard.key)
            && recorder.wants(heard.outcome.is_err())
        {
            recorder.tell(exchange(call, &heard, key));
        }
        heard
    }

    /// What has become of a call whose maker went away before the answer came.
    pub fn given_up(&self) -> ClientError {
        ClientError::Interrupted { host: self.base().host().to_owned(), source: Arc::new(GivenUp) }
    }

    async fn send(&self, call: &Call<'_>, key: &Key) -> Result<reqwest::Response, ClientError> {
        self.inner.egress.check(&call.url)?;
        let mut request = self.inner.http.request(call.method.into(), call.url.clone()).headers(headers(key));
        if let Some(condition) = self.condition(call) {
            request = request.header(IF_MATCH, condition);
        }
        if let Some(body) = call.body {
            request = request.body(body.to_string());
        }
        request.send().await.map_err(|error| self.failed(error))
    }

    /// The version that a change is bound to.
    fn condition(&self, call: &Call<'_>) -> Option<HeaderValue> {
        match call.method {
            Method::Put | Method::Patch | Method::Delete => self.version.as_deref()?.try_into().ok(),
            Method::Get | Method::Post => None,
        }
    }

    fn reader<'a>(&'a self, hidden: &'a [Secret<String>]) -> Reader<'a> {
        let egress = &self.inner.egress;
        Reader { limit: egress.settings().answer_limit, hidden, clock: egress.clock() }
    }

    fn unread(&self, unread: Unread, call: &Call<'_>) -> ClientError {
        match unread {
            Unread::Refused(refusal) if refusal.status == 412 && self.condition(call).is_some() => {
                ClientError::Stale { detail: refusal.said.detail.unwrap_or_default() }
            }
            Unread::Refused(refusal) => refusal.situation(call.method, call.subject),
            Unread::Broken(error) => self.failed(error),
            Unread::Other(error) => error,
        }
    }

    /// Which situation a failure of the connection is.
    fn failed(&self, error: reqwest::Error) -> ClientError {
        if let Some(refused) = guard::refusal(&error) {
            return refused.clone().into();
        }
        let host = self.base().host().to_owned();
        match distrust::handshake(&error) {
            Some(Handshake::Distrust(reason)) => return ClientError::Untrusted { host, reason },
            Some(Handshake::Unwelcome(reason)) => return ClientError::Unwelcome { host, reason },
            None => {}
        }
        let never_sent = error.is_connect() || error.is_builder();
        let timed_out = error.is_timeout();
        let source = Arc::new(error.without_url());
        if never_sent {
            ClientError::Unreachable { host, source }
        } else if timed_out {
            ClientError::TimedOut { host }
        } else {
            ClientError::Interrupted { host, source }
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", self.base()).finish_non_exhaustive()
    }
}

impl Heard {
    fn unsent(error: ClientError) -> Self {
        let (duration, answered) = (Duration::ZERO, Vec::new());
        Self { outcome: Err(error), key: None, status: None, duration, answered }
    }
}

impl Answer {
    fn read(reply: Reply) -> Self {
        let version = reply.version();
        let body = reply.document.filter(Value::is_object);
        Self { id: body.as_ref().and_then(|body| attribute::text(body, "id")), body, version }
    }
}

impl Reply {
    /// What the body says goes before the header, which proxies change when they compress.
    fn version(&self) -> Option<String> {
        let told = self.document.as_ref().and_then(etag::of);
        told.or_else(|| self.etag.as_deref().and_then(etag::tag)).map(str::to_owned)
    }
}

/// A call that is over, as people may see it.
fn exchange(call: &Call<'_>, heard: &Heard, key: &Key) -> Exchange {
    let veil = Veil::over(key.hidden(), call.body);
    Exchange {
        method: call.method,
        url: shown_url(&call.url),
        status: heard.status,
        duration: heard.duration,
        request: call.body.map(|body| veil.value(body)),
        response: (!heard.answered.is_empty()).then(|| veil.bytes(&heard.answered)),
    }
}

/// Without its query, which may carry names.
pub(crate) fn shown_url(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}

/// The headers of every call. `Content-Type` stands on calls without a body too, as services know it from the
/// system that we stand in for.
fn headers(key: &Key) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([(ACCEPT, SCIM_JSON), (CONTENT_TYPE, SCIM_JSON)]);
    headers.extend(key.as_header());
    headers
}

/// Whether an error tells that the remote has no readable configuration, rather than that it could not be asked.
fn leaves_unknown(error: &ClientError) -> bool {
    match error {
        ClientError::RouteMissing { .. }
        | ClientError::NotSupported { .. }
        | ClientError::Forbidden { .. }
        | ClientError::Rejected { .. }
        | ClientError::Malformed { .. }
        | ClientError::AnswerTooLarge { .. }
        | ClientError::Gone { .. }
        | ClientError::Taken { .. }
        | ClientError::FilterRefused { .. }
        | ClientError::TooLarge { .. }
        | ClientError::Stale { .. }
        | ClientError::MissingId => true,
        ClientError::EgressRefused { .. }
        | ClientError::PlainHttpRefused { .. }
        | ClientError::BadUrl { .. }
        | ClientError::BadToken
        | ClientError::BadUser
        | ClientError::BadHeader { .. }
        | ClientError::Untrusted { .. }
        | ClientError::Unwelcome { .. }
        | ClientError::BadTokenUrl { .. }
        | ClientError::TokenRefused { .. }
        | ClientError::TokenUnavailable { .. }
        | ClientError::BadId { .. }
        | ClientError::NoTls { .. }
        | ClientError::Unreachable { .. }
        | ClientError::TimedOut { .. }
        | ClientError::Interrupted { .. }
        | ClientError::Throttled { .. }
        | ClientError::Unavailable { .. }
        | ClientError::Unauthorized { .. }
        | ClientError::Redirected { .. } => false,
    }
}
