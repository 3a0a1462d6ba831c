//! A client that sees what happens on the socket: resets, early ends, bodies that lie.

use std::fmt::Write;
use std::io;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use scimitar_testkit::remote::FakeRemote;

pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// One keep-alive connection.
pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Wire {
    pub(crate) async fn connect(remote: &FakeRemote) -> io::Result<Self> {
        Ok(Self { stream: BufReader::new(TcpStream::connect(remote.address()).await?) })
    }

    /// Send to a path of the whole server, with these headers and body.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Reply> {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: fake\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        request.push_str("\r\n");
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        self.stream.write_all(&bytes).await?;
        self.read().await
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    async fn read(&mut self) -> io::Result<Reply> {
        let status = self.line().await?.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let mut reply = Reply { status, headers, body: Vec::new() };
        let length = reply.header("content-length").map_or(0, |text| text.parse().unwrap());
        reply.body.resize(length, 0);
        self.stream.read_exact(&mut reply.body).await?;
        Ok(reply)
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    pub(crate) fn id(&self) -> String {
        self.json()["id"].as_str().unwrap().to_owned()
    }

    /// `400 invalidValue`, `201`.
    pub(crate) fn summary(&self) -> String {
        let scim_type = serde_json::from_slice::<Value>(&self.body)
            .ok()
            .and_then(|body| body.get("scimType")?.as_str().map(str::to_owned));
        scim_type.map_or(self.status.to_string(), |scim_type| format!("{} {scim_type}", self.status))
    }
}

/// One SCIM request on a connection of its own; `request` is `POST /Users`.
pub(crate) async fn try_call(remote: &FakeRemote, request: &str, body: &Value) -> io::Result<Reply> {
    let (method, path) = request.split_once(' ').unwrap();
    let bytes = if body.is_null() { Vec::new() } else { serde_json::to_vec(body).unwrap() };
    let headers = [("Content-Type", "application/scim+json"), ("Authorization", "Bearer secret")];
    Wire::connect(remote).await?.send(method, &format!("/scim/v2{path}"), &headers, &bytes).await
}

pub(crate) async fn call(remote: &FakeRemote, request: &str, body: Value) -> Reply {
    try_call(remote, request, &body).await.unwrap()
}

pub(crate) fn user(name: &str) -> Value {
    json!({"schemas": [USER], "userName": name, "externalId": format!("ext-{name}")})
}

pub(crate) fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({"schemas": [GROUP], "displayName": name, "members": members})
}

pub(crate) fn patch(operations: Value) -> Value {
    json!({"schemas": [PATCH], "Operations": operations})
}
