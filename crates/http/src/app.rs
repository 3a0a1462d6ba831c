//! What every request may need, handed over at construction.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use scimitar_domain::{Clock, IdSource, InstallId};
use scimitar_store::{Keyring, Store};

/// The state of the server, shared by all workers.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    pub keyring: Keyring,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdSource>,
    pub install: InstallId,
    pub engine: scimitar_sync::Engine,
    pub inbound: scimitar_inbound::Inbound,
    /// The most rows that a page of a list may have, whatever the caller asks for.
    pub page_size_cap: u32,
    /// Where callers reach this service, without a slash at the end; unless set, each request says it.
    pub public_url: Option<String>,
    /// Cancelled when the server is about to stop: from then on requests are answered with 503, and connections end
    /// with their answer, so that nobody's request meets a connection that is being closed.
    pub leaving: CancellationToken,
}

impl App {
    /// The usual cap of pages.
    pub const PAGE_SIZE_CAP: u32 = 1000;
}
