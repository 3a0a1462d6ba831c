//! The README's quick start as a story: from an empty folder to users at an application, and away again.

use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::{Context, Result};
use scimitar_testkit::program::{Api, Mirror, differences, eventually, number, text, web};
use scimitar_testkit::remote::{Behaviour, FakeRemote};
use serde_json::{Value, json};

use super::site::Site;

/// Far more than it takes: a debug build on a busy machine.
const LIMIT: Duration = Duration::from_mins(2);

/// Wait until the remote holds what the directory holds, object by object.
async fn in_step(api: &Api, remote: &FakeRemote) -> Result<Mirror> {
    let client = web()?;
    eventually(LIMIT, "the remote to be in step", async || {
        let mirror = Mirror::of_fake(&client, remote.url()).await?;
        let missing = differences(&api.directory().await?, &mirror);
        Ok(if missing.is_empty() {
            ControlFlow::Break(mirror)
        } else {
            ControlFlow::Continue(missing.join("\n"))
        })
    })
    .await
}

async fn user(api: &Api, username: &str, group: &Value) -> Result<i64> {
    let body = json!({
        "username": username, "name": format!("{username} of the story"), "email": format!("{username}@example.com"),
        "groups": [group],
    });
    number(&api.create("/core/users/", &body).await?, "pk")
}

fn names(mirror: &Mirror) -> Vec<&str> {
    let mut names: Vec<&str> = mirror.users.iter().map(|user| user.user_name.as_str()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn people_arrive_stay_in_step_and_leave() -> Result<()> {
    let remote =
        FakeRemote::start_on_thread(Behaviour { token: Some("secret".to_owned()), ..Behaviour::default() });
    let site = Site::new()?;
    let program = site.start()?;
    let api = program.api()?;

    let staff = api.create("/core/groups/", &json!({"name": "staff"})).await?;
    let ada = user(&api, "ada", &staff["pk"]).await?;
    let eve = user(&api, "eve", &staff["pk"]).await?;
    api.connect("chat", remote.url(), "secret").await?;
    let mirror = in_step(&api, &remote).await?;
    assert_eq!(names(&mirror), ["ada", "akadmin", "eve"]);
    assert_eq!(mirror.groups.len(), 2);

    api.change(&format!("/core/users/{ada}/"), &json!({"username": "ada.l", "name": "Ada Lovelace"})).await?;
    let group = text(&staff, "pk")?;
    api.post(&format!("/core/groups/{group}/remove_user/"), &json!({"pk": eve})).await?;
    let mirror = in_step(&api, &remote).await?;
    let members = mirror.groups.iter().find(|group| group.display_name == "staff").context("no group")?;
    assert_eq!((names(&mirror), members.members.len()), (vec!["ada.l", "akadmin", "eve"], 1));

    api.change(&format!("/core/users/{eve}/"), &json!({"is_active": false})).await?;
    let mirror = in_step(&api, &remote).await?;
    assert!(mirror.users.iter().any(|user| user.user_name == "eve" && !user.active));

    api.remove(&format!("/core/users/{eve}/")).await?;
    api.remove(&format!("/core/groups/{group}/")).await?;
    let mirror = in_step(&api, &remote).await?;
    assert_eq!((names(&mirror), mirror.groups.len()), (vec!["ada.l", "akadmin"], 1));
    assert_eq!(remote.duplicates(), []);
    Ok(())
}

#[tokio::test]
async fn an_address_that_may_not_be_called_is_told_with_the_setting() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour::default());
    let site = Site::new()?.env("SCIMITAR_EGRESS__ALLOW", "");
    let program = site.start()?;
    let api = program.api()?;
    let provider = api.connect("chat", remote.url(), "secret").await?;
    let told = eventually(LIMIT, "the refusal in the status", async || {
        let status = api.sync_status(provider).await?.to_string();
        let is_told = status.contains("SCIMITAR_EGRESS__ALLOW");
        Ok(if is_told { ControlFlow::Break(status) } else { ControlFlow::Continue(status) })
    });
    assert!(told.await?.contains("loopback"));
    assert_eq!(remote.n_requests(), 0);
    Ok(())
}
