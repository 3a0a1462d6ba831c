//! A wire between the program and a server, which can be cut and mended.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Forwards a port of loopback to another address. Cut, it drops what is connected and refuses what is not.
#[derive(Debug)]
pub struct Wire {
    here: SocketAddr,
    there: SocketAddr,
    cut: CancellationToken,
    tasks: TaskTracker,
}

impl Wire {
    pub async fn to(there: SocketAddr) -> Result<Self> {
        let here = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut wire = Self { here, there, cut: CancellationToken::new(), tasks: TaskTracker::new() };
        wire.mend().await?;
        Ok(wire)
    }

    pub fn address(&self) -> SocketAddr {
        self.here
    }

    /// Close everything, and wait until that is done.
    pub async fn cut(&mut self) {
        self.cut.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Forward again, on the same port.
    pub async fn mend(&mut self) -> Result<()> {
        let listener = TcpListener::bind(self.here).await.context("the wire's port is taken")?;
        self.here = listener.local_addr()?;
        self.cut = CancellationToken::new();
        self.tasks = TaskTracker::new();
        self.tasks.spawn(serve(listener, self.there, self.tasks.clone(), self.cut.clone()));
        Ok(())
    }
}

async fn serve(listener: TcpListener, there: SocketAddr, tasks: TaskTracker, cut: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = cut.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        if let Ok((stream, _)) = accepted {
            let cut = cut.clone();
            tasks.spawn(async move {
                tokio::select! {
                    () = cut.cancelled() => {}
                    // How the two part is their own affair.
                    _ = forward(stream, there) => {}
                }
            });
        }
    }
}

async fn forward(mut near: TcpStream, there: SocketAddr) -> std::io::Result<()> {
    let mut far = TcpStream::connect(there).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    copy_bidirectional(&mut near, &mut far).await?;
    Ok(())
}
