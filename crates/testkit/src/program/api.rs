//! The REST API as an administrator's program calls it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::parcel::{list, number, text};

/// The longest that an answer may take: a debug build on a busy machine.
const LIMIT: Duration = Duration::from_mins(1);

/// Cheap to clone; all clones share their connections.
#[derive(Debug, Clone)]
pub struct Api {
    client: reqwest::Client,
    origin: String,
    prefix: String,
    token: String,
}

/// An answer. A body that is not JSON is a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub status: u16,
    pub retry_after: Option<String>,
    pub body: Value,
}

/// A client for loopback.
#[expect(clippy::disallowed_methods, reason = "it calls loopback, of which the egress guard has no opinion")]
pub fn web() -> Result<reqwest::Client> {
    // Whoever was first has chosen; either will do for what is never called.
    drop(rustls::crypto::ring::default_provider().install_default());
    let builder = reqwest::Client::builder().no_proxy().timeout(LIMIT).http1_only();
    builder.build().context("no HTTP client")
}

impl Api {
    pub fn new(address: SocketAddr, token: &str) -> Result<Self> {
        let (origin, prefix) = (format!("http://{address}"), "/api/v3".to_owned());
        Ok(Self { client: web()?, origin, prefix, token: token.to_owned() })
    }

    /// The same caller at another address: a program that was started again has another port.
    #[must_use]
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { origin: format!("http://{address}"), ..self.clone() }
    }

    /// Make a source, and be the identity provider that pushes into it: paths begin below its service.
    pub async fn source(&self, slug: &str) -> Result<Self> {
        // Whoever pushes here deactivates and deletes as it likes.
        let fields = json!({ "name": slug, "slug": slug, "guard_percent": 100 });
        let source = self.create("/sources/scim/", &fields).await?;
        let token = text(source.get("token_obj").unwrap_or(&Value::Null), "identifier")?;
        let key = self.read(&format!("/core/tokens/{token}/view_key/")).await?;
        let (prefix, token) = (format!("/source/scim/{slug}/v2"), text(&key, "key")?);
        Ok(Self { prefix, token, ..self.clone() })
    }

    /// Where its paths begin.
    pub fn url(&self) -> String {
        format!("{}{}", self.origin, self.prefix)
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// `path` begins below `/api/v3`, or the service of a source, unless it begins with `/-/`.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Reply> {
        let prefix = if path.starts_with("/-/") { "" } else { self.prefix.as_str() };
        let url = format!("{}{prefix}{path}", self.origin);
        let mut request = self.client.request(method.clone(), &url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.with_context(|| format!("{method} {path}"))?;
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        let bytes = answer.bytes().await.with_context(|| format!("{method} {path}"))?;
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into())
        };
        Ok(Reply { status, retry_after, body })
    }

    pub async fn get(&self, path: &str) -> Result<(u16, Value)> {
        let reply = self.call(Method::GET, path, None).await?;
        Ok((reply.status, reply.body))
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<(u16, Value)> {
        let reply = self.call(Method::POST, path, Some(body)).await?;
        Ok((reply.status, reply.body))
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Result<(u16, Value)> {
        let reply = self.call(Method::PATCH, path, Some(body)).await?;
        Ok((reply.status, reply.body))
    }

    pub async fn delete(&self, path: &str) -> Result<(u16, Value)> {
        let reply = self.call(Method::DELETE, path, None).await?;
        Ok((reply.status, reply.body))
    }

    /// What must be there.
    pub async fn read(&self, path: &str) -> Result<Value> {
        expect(200, path, self.get(path).await?)
    }

    /// What must be possible.
    pub async fn create(&self, path: &str, body: &Value) -> Result<Value> {
        expect(201, path, self.post(path, body).await?)
    }

    pub async fn change(&self, path: &str, body: &Value) -> Result<Value> {
        expect(200, path, self.patch(path, body).await?)
    }

    pub async fn remove(&self, path: &str) -> Result<()> {
        expect(204, path, self.delete(path).await?).map(drop)
    }

    /// All rows of a list, in the order of the list.
    pub async fn all(&self, path: &str) -> Result<Vec<Value>> {
        let mut rows = Vec::new();
        let mut page = 1;
        let separator = if path.contains('?') { '&' } else { '?' };
        loop {
            let answer = self.read(&format!("{path}{separator}page={page}&page_size=1000")).await?;
            rows.extend_from_slice(list(&answer, "results")?);
            page = number(answer.get("pagination").unwrap_or(&Value::Null), "next")?;
            if page == 0 {
                return Ok(rows);
            }
        }
    }

    /// The key of a mapping that every installation has.
    pub async fn default_mapping(&self, kind: &str) -> Result<String> {
        let path =
            format!("/propertymappings/provider/scim/?managed=goauthentik.io%2Fproviders%2Fscim%2F{kind}");
        let answer = self.read(&path).await?;
        let first = list(&answer, "results")?.first().with_context(|| format!("no mapping of the {kind}"))?;
        text(first, "pk")
    }

    /// A provider with the default mappings. It sends nothing before it is attached.
    pub async fn provider(&self, name: &str, url: &str, token: &str) -> Result<i64> {
        let body = json!({
            "name": name, "url": url, "token": token,
            "property_mappings": [self.default_mapping("user").await?],
            "property_mappings_group": [self.default_mapping("group").await?],
        });
        number(&self.create("/providers/scim/", &body).await?, "pk")
    }

    /// An application that the provider stands behind: from now on it sends.
    pub async fn attach(&self, slug: &str, provider: i64) -> Result<()> {
        let body = json!({ "name": slug, "slug": slug, "backchannel_providers": [provider] });
        self.create("/core/applications/", &body).await.map(drop)
    }

    /// Both.
    pub async fn connect(&self, name: &str, url: &str, token: &str) -> Result<i64> {
        let provider = self.provider(name, url, token).await?;
        self.attach(name, provider).await?;
        Ok(provider)
    }

    pub async fn sync_status(&self, provider: i64) -> Result<Value> {
        self.read(&format!("/providers/scim/{provider}/sync/status/")).await
    }
}

fn expect(wanted: u16, path: &str, (status, body): (u16, Value)) -> Result<Value> {
    ensure!(status == wanted, "{path} answered {status} instead of {wanted}: {body}");
    Ok(body)
}
