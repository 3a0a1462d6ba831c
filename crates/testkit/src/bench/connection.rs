//! A client of the API that costs next to nothing: what is measured is the other side.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context as _, Result, ensure};

use crate::program::TOKEN;

/// One connection, kept open.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Call below `/api/v3` and wait for the whole answer, which must have this status.
    pub(super) fn expect(&mut self, status: u16, method: &str, path: &str, body: &str) -> Result<()> {
        let request = format!(
            "{method} /api/v3{path} HTTP/1.1\r\nHost: scimitar\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes())?;
        self.buffer.clear();
        let mut chunk = vec![0; 65_536];
        let mut expected = None;
        while expected.is_none_or(|whole| self.buffer.len() < whole) {
            let n_read = self.stream.read(&mut chunk)?;
            ensure!(n_read > 0, "the connection was closed");
            self.buffer.extend(chunk.iter().take(n_read));
            if expected.is_none() {
                expected = self.whole(status).with_context(|| format!("{method} {path}"))?;
            }
        }
        Ok(())
    }

    /// How long the answer is, once its head has come.
    fn whole(&self, status: u16) -> Result<Option<usize>> {
        let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = String::from_utf8_lossy(self.buffer.get(..end).unwrap_or_default()).to_ascii_lowercase();
        let seen = || String::from_utf8_lossy(&self.buffer).into_owned();
        ensure!(head.starts_with(&format!("http/1.1 {status}")), "{}", seen());
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(Ok(0), str::parse::<usize>)?;
        Ok(Some(end + 4 + length))
    }
}
