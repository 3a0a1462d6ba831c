//! The server under test, on a thread of its own, as the program runs it.

use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::System;
use scimitar_client::{Egress, EgressSettings};
use scimitar_domain::{Clock, IdSource, InstallId, ManualClock, SeededIds};
use scimitar_http::{App, ServerSettings};
use scimitar_inbound::{Inbound, InboundParts};
use scimitar_mapping::Limits;
use scimitar_store::{Keyring, Store};
use scimitar_sync::{Engine, EngineParts, StoreLookup, SyncSettings};
use tokio::runtime::Handle;

/// Serve `app` and tell where, how to stop it, and the thread to wait for.
pub(super) fn serve(app: App) -> (String, ServerHandle, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = format!("http://{}", listener.local_addr().expect("the port is known"));
    let (tell, told) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        System::new().block_on(async {
            let settings = ServerSettings {
                workers: 1,
                shutdown_timeout: Duration::from_secs(1),
                ..ServerSettings::default()
            };
            let server = scimitar_http::run(app, listener, &settings).expect("the server starts");
            tell.send(server.handle()).expect("the test waits for the handle");
            server.await.expect("the server ends well");
        });
    });
    let handle = told.recv().expect("the server has started");
    (address, handle, thread)
}

pub(super) fn engine(
    store: &Store,
    keyring: &Keyring,
    clock: &Arc<ManualClock>,
    ids: &Arc<SeededIds>,
    install: InstallId,
) -> Engine {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let lookup = StoreLookup::new(store.clone(), install, Arc::clone(&clock), Handle::current());
    let egress = EgressSettings {
        allow: ["127.0.0.0/8", "::1/128"].map(|network| network.parse().expect("a network")).into(),
        ..EgressSettings::default()
    };
    Engine::new(EngineParts {
        store: store.clone(),
        keyring: keyring.clone(),
        clock: Arc::clone(&clock),
        ids: Arc::clone(ids) as Arc<dyn IdSource>,
        install,
        egress: Egress::new(egress, clock),
        mappings: Arc::new(
            scimitar_mapping::Engine::start(Limits::default(), 1, Arc::new(lookup))
                .expect("mappings can be run"),
        ),
        settings: SyncSettings::default(),
    })
}

pub(super) fn inbound(
    store: &Store,
    keyring: &Keyring,
    clock: &Arc<ManualClock>,
    ids: &Arc<SeededIds>,
    engine: &Engine,
) -> Inbound {
    Inbound::new(InboundParts {
        store: store.clone(),
        keyring: keyring.clone(),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        ids: Arc::clone(ids) as Arc<dyn IdSource>,
        mappings: engine.mappings(),
    })
}

#[expect(clippy::disallowed_methods, reason = "the test is the caller, not the service; it calls loopback")]
pub(super) fn web_client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client can be made")
}
