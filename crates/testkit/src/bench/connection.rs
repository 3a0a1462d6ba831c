//! A client of the API that costs next to nothing: what is measured is the other side.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context as _, Result, ensure};

use crate::program::TOKEN;

/// One connection, kept open.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    prefix: String,
    token: String,
}

impl Connection {
    /// As the administrator's program, below `/api/v3`.
    pub(super) fn open(address: SocketAddr) -> Result<Self> {
        Self::open_below(address, "/api/v3", TOKEN)
    }

    /// As whoever has this key, below a prefix.
    pub(super) fn open_below(address: SocketAddr, prefix: &str, token: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new(), prefix: prefix.to_owned(), token: token.to_owned() })
    }

    /// Call below the prefix and wait for the whole answer, which must have this status.
    pub(super) fn expect(&mut self, status: u16, method: &str, path: &str, body: &str) -> Result<()> {
        self.call(status, method, path, body).map(drop)
    }

    /// The same, with the body of the answer.
    pub(super) fn call(&mut self, status: u16, method: &str, path: &str, body: &str) -> Result<&[u8]> {
        let (prefix, token) = (&self.prefix, &self.token);
        let request = format!(
            "{method} {prefix}{path} HTTP/1.1\r\nHost: scimitar\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes())?;
        self.buffer.clear();
        let mut chunk = vec![0; 65_536];
        let mut expected: Option<(usize, usize)> = None;
        while expected.is_none_or(|(_, whole)| self.buffer.len() < whole) {
            let n_read = self.stream.read(&mut chunk)?;
            ensure!(n_read > 0, "the connection was closed");
            self.buffer.extend(chunk.iter().take(n_read));
            if expected.is_none() {
                expected = self.extent(status).with_context(|| format!("{method} {path}"))?;
            }
        }
        let start = expected.map_or(0, |(start, _)| start);
        Ok(self.buffer.get(start..).unwrap_or_default())
    }

    /// Where the body begins and the answer ends, once its head has come.
    fn extent(&self, status: u16) -> Result<Option<(usize, usize)>> {
        let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = String::from_utf8_lossy(self.buffer.get(..end).unwrap_or_default()).to_ascii_lowercase();
        let seen = || String::from_utf8_lossy(&self.buffer).into_owned();
        ensure!(head.starts_with(&format!("http/1.1 {status}")), "{}", seen());
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(Ok(0), str::parse::<usize>)?;
        Ok(Some((end + 4, end + 4 + length)))
    }
}
