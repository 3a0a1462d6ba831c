//! A client of the API that costs next to nothing: what is measured is the other side.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context as _, Result, ensure};

use crate::program::TOKEN;

/// One connection, kept open unless the other side closes it after each answer, as HTTP/1.0 does.
pub(super) struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    is_over: bool,
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
        let (prefix, token) = (prefix.to_owned(), token.to_owned());
        Ok(Self { address, stream: connect(address)?, is_over: false, buffer: Vec::new(), prefix, token })
    }

    /// Call below the prefix and wait for the whole answer, which must have this status.
    pub(super) fn expect(&mut self, status: u16, method: &str, path: &str, body: &str) -> Result<()> {
        self.call(status, method, path, body).map(drop)
    }

    /// The same, with the body of the answer.
    pub(super) fn call(&mut self, status: u16, method: &str, path: &str, body: &str) -> Result<&[u8]> {
        if std::mem::take(&mut self.is_over) {
            self.stream = connect(self.address)?;
        }
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
        self.is_over = self.buffer.starts_with(b"HTTP/1.0");
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
        let is_good = ["http/1.1", "http/1.0"].iter().any(|it| head.starts_with(&format!("{it} {status}")));
        ensure!(is_good, "{}", seen());
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(Ok(0), str::parse::<usize>)?;
        Ok(Some((end + 4, end + 4 + length)))
    }
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
