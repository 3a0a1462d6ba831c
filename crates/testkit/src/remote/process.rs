//! The fake as a process of its own.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use super::behaviour::Behaviour;
use super::handle::FakeRemote;

/// Serve until the process ends. `ready` gets the base URL once the port is open.
pub async fn serve_forever(
    address: SocketAddr,
    behaviour: Behaviour,
    ready: impl FnOnce(&str),
) -> io::Result<Infallible> {
    let remote = FakeRemote::start_at(address, behaviour).await?;
    ready(remote.url());
    std::future::pending().await
}
