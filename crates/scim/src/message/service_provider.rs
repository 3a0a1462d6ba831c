//! What a service says that it can do (RFC 7643 §5, RFC 9865 §4).

use serde_json::{Value, json};

use super::bulk::BulkLimits;
use crate::urn;

/// The capabilities of a service. The code that serves them fills this in, so that no flag promises what is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceProvider {
    pub documentation_uri: Option<String>,
    pub patch: bool,
    /// `None` when there is no `/Bulk`.
    pub bulk: Option<BulkLimits>,
    /// Most resources in one response; `None` when there are no filters.
    pub filter_max_results: Option<u64>,
    pub change_password: bool,
    pub sort: bool,
    pub etag: bool,
    pub pagination: Pagination,
    /// The first one is the one to prefer.
    pub schemes: Vec<AuthenticationScheme>,
}

/// How lists are paged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pagination {
    pub cursor: bool,
    pub index: bool,
    pub default_page_size: u64,
    pub max_page_size: u64,
    /// Seconds.
    pub cursor_timeout: Option<u64>,
}

/// How a client says who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationScheme {
    /// `oauthbearertoken`, `oauth2`, `httpbasic`, …
    pub kind: String,
    pub name: String,
    pub description: String,
    pub spec_uri: Option<String>,
}

impl ServiceProvider {
    /// The document; `base` is the address of the service without a slash at its end.
    pub fn document(&self, base: &str) -> Value {
        let supported = |supported: bool| json!({ "supported": supported });
        let limits = self.bulk.unwrap_or(BulkLimits { max_operations: 0, max_payload_size: 0 });
        let mut document = json!({
            "schemas": [urn::SERVICE_PROVIDER_CONFIG],
            "patch": supported(self.patch),
            "bulk": {
                "supported": self.bulk.is_some(),
                "maxOperations": limits.max_operations,
                "maxPayloadSize": limits.max_payload_size,
            },
            "filter": {
                "supported": self.filter_max_results.is_some(),
                "maxResults": self.filter_max_results.unwrap_or(0),
            },
            "changePassword": supported(self.change_password),
            "sort": supported(self.sort),
            "etag": supported(self.etag),
            "pagination": self.pagination.document(),
            "authenticationSchemes": self.schemes.iter().enumerate().map(scheme).collect::<Vec<_>>(),
            "meta": {
                "resourceType": "ServiceProviderConfig",
                "location": format!("{base}/ServiceProviderConfig"),
            },
        });
        if let (Some(uri), Value::Object(members)) = (&self.documentation_uri, &mut document) {
            members.insert("documentationUri".to_owned(), Value::from(uri.clone()));
        }
        document
    }
}

impl Pagination {
    fn document(&self) -> Value {
        let mut document = json!({
            "cursor": self.cursor,
            "index": self.index,
            // Clients from before RFC 9865 know only the index.
            "defaultPaginationMethod": if self.index { "index" } else { "cursor" },
            "defaultPageSize": self.default_page_size,
            "maxPageSize": self.max_page_size,
        });
        if let (Some(seconds), Value::Object(members)) = (self.cursor_timeout, &mut document) {
            members.insert("cursorTimeout".to_owned(), Value::from(seconds));
        }
        document
    }
}

fn scheme((n, scheme): (usize, &AuthenticationScheme)) -> Value {
    let mut document = json!({
        "type": scheme.kind,
        "name": scheme.name,
        "description": scheme.description,
        "primary": n == 0,
    });
    if let (Some(uri), Value::Object(members)) = (&scheme.spec_uri, &mut document) {
        members.insert("specUri".to_owned(), Value::from(uri.clone()));
    }
    document
}
