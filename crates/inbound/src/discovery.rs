//! What the service says of itself (RFC 7644 §4), from the same registry that everything is judged by.

use scimitar_scim::message::{AuthenticationScheme, BulkLimits, ListPage, Pagination, ServiceProvider};
use serde_json::Value;

use crate::Inbound;
use crate::access::Visit;
use crate::bulk::MAX_OPERATIONS;

/// Resources on a page where the request does not say how many.
pub(crate) const DEFAULT_PAGE: u64 = 100;
/// Most resources on a page.
pub(crate) const MAX_PAGE: u64 = 1000;
/// For how long a cursor is good, in seconds.
pub(crate) const CURSOR_TIMEOUT: u64 = 3600;

impl Inbound {
    /// `max_payload` is how many octets of a body the caller lets through.
    pub fn service_provider(&self, visit: &Visit, max_payload: usize) -> Value {
        let provider = ServiceProvider {
            documentation_uri: None,
            patch: true,
            bulk: Some(BulkLimits { max_operations: MAX_OPERATIONS, max_payload_size: max_payload }),
            filter_max_results: Some(MAX_PAGE),
            // A password is accepted, and kept nowhere.
            change_password: false,
            sort: true,
            etag: true,
            pagination: Pagination {
                cursor: true,
                index: true,
                default_page_size: DEFAULT_PAGE,
                max_page_size: MAX_PAGE,
                cursor_timeout: Some(CURSOR_TIMEOUT),
            },
            schemes: vec![
                AuthenticationScheme {
                    kind: "oauthbearertoken".to_owned(),
                    name: "OAuth Bearer Token".to_owned(),
                    description: "The token of the source, in the header `Authorization`".to_owned(),
                    spec_uri: Some("https://www.rfc-editor.org/info/rfc6750".to_owned()),
                },
                AuthenticationScheme {
                    kind: "oauth2".to_owned(),
                    name: "OAuth 2 Client Credentials".to_owned(),
                    description: "An access token of the source's token endpoint, `oauth2/token`".to_owned(),
                    spec_uri: Some("https://www.rfc-editor.org/info/rfc6749".to_owned()),
                },
            ],
        };
        provider.document(&visit.base)
    }

    pub fn resource_types(&self, visit: &Visit) -> Value {
        ListPage::whole(self.schemas.registry().resource_type_documents(&visit.base)).into_value()
    }

    pub fn resource_type(&self, visit: &Visit, name: &str) -> Option<Value> {
        self.schemas.registry().resource_type_document(name, &visit.base)
    }

    pub fn schema_list(&self, visit: &Visit) -> Value {
        ListPage::whole(self.schemas.registry().schema_documents(&visit.base)).into_value()
    }

    pub fn schema(&self, visit: &Visit, urn: &str) -> Option<Value> {
        self.schemas.registry().schema_document(urn, &visit.base)
    }
}
