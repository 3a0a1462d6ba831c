//! A server that nobody here wrote gets a whole directory and its changes: the remote's content is compared
//! with the directory, object by object.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use scimitar_testkit::database::Database;
use scimitar_testkit::program::{
    Api, Client, Launch, Mirror, Running, differences, eventually, free_port, newcomers, web,
};

use crate::programs::{self, SCIM2_SERVER};

const N_USERS: usize = 1_000;
const N_GROUPS: usize = 50;
const N_MEMBERS: usize = 40;
/// What the server asks its callers for.
pub(crate) const TOKEN: &str = "the peer's token";

/// A debug build and a server in Python on a machine that has other things to do.
const LIMIT: Duration = Duration::from_mins(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_server_holds_what_the_directory_holds_after_each_change() -> Result<()> {
    let Some(server) = programs::find(SCIM2_SERVER) else { return Ok(()) };
    let peer = Peer::start(&server)?;
    let database = Database::unmigrated();
    let program = Launch::serve(env!("CARGO_BIN_EXE_scimitar"))?.database(&database.settings.url).start()?;
    let api = program.api()?;

    let users = api.create_users(newcomers("user", N_USERS)).await?;
    let groups = api.create_groups("group", N_GROUPS, &users, N_MEMBERS).await?;
    api.connect("peer", &peer.url, TOKEN).await?;
    peer.equals(&api, "the first sync").await?;

    let renamed = users.iter().take(200).map(|pk| {
        let body = json!({ "name": format!("Renamed {pk}"), "username": format!("renamed-{pk}") });
        (format!("/core/users/{pk}/"), body)
    });
    api.change_each(renamed).await?;
    let renamed = groups.iter().take(10);
    let renamed =
        renamed.map(|pk| (format!("/core/groups/{pk}/"), json!({ "name": format!("renamed-{pk}") })));
    api.change_each(renamed).await?;
    peer.equals(&api, "users and groups that were renamed").await?;

    // Each of these groups takes over the members of the next one.
    let moved = groups.iter().enumerate().take(20).map(|(at, pk)| {
        let members: Vec<i64> =
            users.iter().copied().cycle().skip((at + 1) * N_MEMBERS).take(N_MEMBERS).collect();
        (format!("/core/groups/{pk}/"), json!({ "users": members }))
    });
    api.change_each(moved).await?;
    peer.equals(&api, "users that moved between groups").await?;

    let deactivated = users.iter().skip(100).take(200);
    api.change_each(deactivated.map(|pk| (format!("/core/users/{pk}/"), json!({ "is_active": false }))))
        .await?;
    peer.equals(&api, "users that were deactivated").await?;

    api.remove_each(users.iter().take(150).map(|pk| format!("/core/users/{pk}/"))).await?;
    api.remove_each(groups.iter().take(5).map(|pk| format!("/core/groups/{pk}/"))).await?;
    peer.equals(&api, "users and groups that were deleted").await?;
    Ok(())
}

/// The foreign server, which keeps everything in memory.
pub(crate) struct Peer {
    pub(crate) url: String,
    client: Client,
    _running: Running,
}

impl Peer {
    pub(crate) fn start(server: &Path) -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(server);
        command.args(["--hostname", "127.0.0.1", "--bearer-token", TOKEN, "--port", &port.to_string()]);
        let mut running = Running::spawn(command)?;
        running.hear("Serving SCIM", Duration::from_mins(1))?;
        Ok(Self { url: format!("http://127.0.0.1:{port}/v2"), client: web()?, _running: running })
    }

    async fn equals(&self, api: &Api, what: &str) -> Result<()> {
        eventually(LIMIT, what, async || {
            let mirror = Mirror::of_service(&self.client, &self.url, TOKEN).await?;
            // This server leaves the ids of deleted users in its groups.
            let found = differences(&api.directory().await?, &mirror.without_dangling_members());
            if found.is_empty() {
                return Ok(ControlFlow::Break(()));
            }
            let some: Vec<&str> = found.iter().take(5).map(String::as_str).collect();
            Ok(ControlFlow::Continue(format!("{} differences: {}", found.len(), some.join("; "))))
        })
        .await
    }
}
