//! The fake as a program.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

struct Program {
    child: Child,
    address: SocketAddr,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_scimitar-fake-remote"))
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        let address = url.trim().strip_prefix("http://").unwrap().strip_suffix("/scim/v2").unwrap();
        Self { address: address.parse().unwrap(), child }
    }

    async fn call(&self, request: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!(
            "{request} HTTP/1.1\r\nHost: fake\r\nConnection: close\r\nAuthorization: Bearer t\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_default())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_program_serves_tells_and_changes_its_behaviour() {
    let program = Program::start(&["--token", "t", "--seed=5", "--latency-ms", "0"]);
    let user = json!({"schemas": [crate::wire::USER], "userName": "ada"}).to_string();
    assert_eq!(program.call("POST /scim/v2/Users", &user).await.0, 201);
    let group =
        json!({"schemas": [crate::wire::GROUP], "displayName": "staff", "members": [{"value": "u1"}]});
    assert_eq!(program.call("POST /scim/v2/Groups", &group.to_string()).await.0, 201);

    let (_, state) = program.call("GET /_state", "").await;
    assert_eq!(state["users"][0]["userName"], "ada");
    assert_eq!(state["groups"][0]["members"], json!(["u1"]));

    assert_eq!(program.call("POST /_behaviour", r#"{"uniqueness": {"user_name": false}}"#).await.0, 204);
    assert_eq!(program.call("POST /_behaviour", r#"{"nonsense": 1}"#).await.0, 400);
    assert_eq!(program.call("POST /scim/v2/Users", &user).await.0, 201);

    let (_, behaviour) = program.call("GET /_behaviour", "").await;
    assert_eq!((&behaviour["seed"], &behaviour["token"]), (&json!(5), &json!("t")), "other knobs stay");

    let (_, stats) = program.call("GET /_stats", "").await;
    assert_eq!(stats["methods"], json!({"POST": 3}));
    assert_eq!((&stats["users"], &stats["duplicates"][0]["attribute"]), (&json!(2), &json!("userName")));

    let (_, records) = program.call("GET /_requests", "").await;
    assert_eq!(records, json!([]), "recording is off unless asked for");
}

#[test]
fn wrong_options_are_errors() {
    for arguments in [&["--nonsense"][..], &["--seed", "x"], &["--token"]] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_scimitar-fake-remote")).args(arguments).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}
