//! Messages around resources: search requests, list responses, bulk, and what a service says of itself.

mod bulk;
mod bulk_order;
mod bulk_response;
mod list_page;
mod search;
mod service_provider;

pub use bulk::{BulkLimits, BulkMethod, BulkOperation, BulkRequest, BulkTarget};
pub use bulk_order::{BulkOrder, order, resolve};
pub use bulk_response::{BulkResult, bulk_response};
pub use list_page::ListPage;
pub use search::{Paging, SearchRequest};
pub use service_provider::{AuthenticationScheme, Pagination, ServiceProvider};
