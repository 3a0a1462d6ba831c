//! Reading a bulk request (RFC 7644 §3.7).

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::attribute::count;
use crate::error::{Reason, ScimError, shown};

/// Many operations in one request.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkRequest {
    /// How many errors end the work; `None` for none.
    pub fail_on_errors: Option<u64>,
    pub operations: Vec<BulkOperation>,
}

/// One operation, as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkOperation {
    pub method: BulkMethod,
    /// Relative to the base address, such as `/Users/7`.
    pub path: String,
    /// The client's own name for what a POST makes.
    pub bulk_id: Option<String>,
    /// As in `If-Match`.
    pub version: Option<String>,
    /// `null` for DELETE.
    pub data: Value,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BulkMethod {
    Post,
    Put,
    Patch,
    Delete,
}

/// What an operation is done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkTarget<'a> {
    /// The segment, as in `Users`.
    pub endpoint: &'a str,
    /// `None` for POST. May be `bulkId:…` until references are resolved.
    pub id: Option<&'a str>,
}

/// How much one request may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkLimits {
    pub max_operations: usize,
    /// Octets. Whoever reads the body holds this one.
    pub max_payload_size: usize,
}

impl BulkMethod {
    pub const ALL: [Self; 4] = [Self::Post, Self::Put, Self::Patch, Self::Delete];

    pub fn word(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.word().eq_ignore_ascii_case(word))
    }
}

impl BulkRequest {
    /// Read the message. What is wrong with one operation alone is for [`BulkOperation::target`] to say, so that the
    /// others are done all the same.
    pub fn read(body: Value, limits: &BulkLimits) -> Result<Self, ScimError> {
        let fail_on_errors = count(&body, "failOnErrors").filter(|errors| *errors > 0);
        let Value::Object(members) = body else { return Err(bad("the body must be a JSON object")) };
        let found = members.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("Operations"));
        let Some((_, Value::Array(operations))) = found else {
            return Err(bad("`Operations` must be an array"));
        };
        let most = limits.max_operations;
        if operations.len() > most {
            let detail = format!("at most {most} operations (`maxOperations`) are allowed in one request");
            return Err(Reason::TooLarge.because(detail));
        }
        let operations: Vec<_> = operations
            .into_iter()
            .enumerate()
            .map(|(n, it)| operation(n + 1, it))
            .collect::<Result<_, _>>()?;
        let mut seen = HashSet::new();
        for bulk_id in operations.iter().filter_map(|operation| operation.bulk_id.as_deref()) {
            if !seen.insert(bulk_id) {
                return Err(
                    Reason::InvalidValue.because(format!("the bulkId {} is there twice", shown(bulk_id)))
                );
            }
        }
        Ok(Self { fail_on_errors, operations })
    }

    /// Whether the work ends after so many errors.
    pub fn ends_after(&self, n_errors: u64) -> bool {
        self.fail_on_errors.is_some_and(|most| n_errors >= most)
    }
}

impl BulkOperation {
    /// What the operation is done to. POST has an endpoint, all others a resource.
    pub fn target(&self) -> Result<BulkTarget<'_>, ScimError> {
        let path = self.path.trim_matches('/');
        let (endpoint, id) = match path.split_once('/') {
            Some((endpoint, id)) => (endpoint, Some(id)),
            None => (path, None),
        };
        let is_good = !endpoint.is_empty()
            && !endpoint.eq_ignore_ascii_case("Bulk")
            && !path.contains(['?', '#'])
            && id.is_none_or(|id| !id.is_empty() && !id.contains('/'));
        let wanted = match self.method {
            BulkMethod::Post => id.is_none(),
            BulkMethod::Put | BulkMethod::Patch | BulkMethod::Delete => id.is_some(),
        };
        if is_good && wanted {
            return Ok(BulkTarget { endpoint, id });
        }
        let shape = match self.method {
            BulkMethod::Post => "/Users",
            BulkMethod::Put | BulkMethod::Patch | BulkMethod::Delete => "/Users/id",
        };
        let (method, path) = (self.method.word(), shown(&self.path));
        Err(Reason::InvalidValue
            .because(format!("{method} needs a `path` such as `{shape}`, and {path} is none")))
    }
}

fn operation(n: usize, operation: Value) -> Result<BulkOperation, ScimError> {
    let Value::Object(members) = operation else {
        return Err(bad(format!("operation {n} must be an object")));
    };
    let mut found = Map::new();
    for (name, value) in members {
        found.insert(name.to_ascii_lowercase(), value);
    }
    let mut text = |name: &str| match found.remove(&name.to_ascii_lowercase()) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(format!("`{name}` of operation {n} must be a text"))),
    };
    let method = text("method")?
        .and_then(|method| BulkMethod::parse(&method))
        .ok_or_else(|| bad(format!("`method` of operation {n} must be POST, PUT, PATCH or DELETE")))?;
    let path = text("path")?.ok_or_else(|| bad(format!("operation {n} needs a `path`")))?;
    let bulk_id = text("bulkId")?.filter(|bulk_id| !bulk_id.is_empty());
    if method == BulkMethod::Post && bulk_id.is_none() {
        return Err(bad(format!("operation {n} is a POST and needs a `bulkId`")));
    }
    let version = text("version")?;
    let data = found.remove("data").unwrap_or(Value::Null);
    if method != BulkMethod::Delete && !data.is_object() {
        return Err(bad(format!("`data` of operation {n} must be an object")));
    }
    Ok(BulkOperation { method, path, bulk_id, version, data })
}

fn bad(detail: impl Into<String>) -> ScimError {
    Reason::InvalidSyntax.because(detail)
}
