//! What the machine reaches without us: a bare loop of calls, and a bare loop of syncs to the disk.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

use crate::program::web;

const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Create as many users and groups, with their members, as a sync would, from lists that stand ready.
pub(super) async fn push(
    url: &str,
    n_users: usize,
    n_groups: usize,
    n_members: usize,
    at_once: usize,
) -> Result<Duration> {
    let client = &web()?;
    let start = Instant::now();
    let users: Vec<String> = futures_util::stream::iter(0..n_users)
        .map(|n| async move { create(client, format!("{url}/Users"), &user(n)).await })
        .buffered(at_once)
        .try_collect()
        .await?;
    let groups: Vec<String> = futures_util::stream::iter(0..n_groups)
        .map(|n| async move { create(client, format!("{url}/Groups"), &group(n)).await })
        .buffered(at_once)
        .try_collect()
        .await?;
    let users = &users;
    futures_util::stream::iter(groups.iter().enumerate())
        .map(|(n, group)| async move {
            let members = users.iter().cycle().skip(n * n_members % users.len().max(1)).take(n_members);
            let members: Vec<Value> = members.map(|id| json!({ "value": id })).collect();
            let operation = json!({ "op": "add", "path": "members", "value": members });
            let body = json!({ "schemas": [PATCH], "Operations": [operation] });
            let answer = client.patch(format!("{url}/Groups/{group}")).json(&body).send().await?;
            answer.error_for_status()?.bytes().await?;
            anyhow::Ok(())
        })
        .buffer_unordered(at_once)
        .try_collect::<()>()
        .await?;
    Ok(start.elapsed())
}

async fn create(client: &reqwest::Client, url: String, body: &Value) -> Result<String> {
    let answer = client.post(url).json(body).send().await?.error_for_status()?;
    let created: Value = serde_json::from_slice(&answer.bytes().await?)?;
    Ok(created.get("id").and_then(Value::as_str).context("no id")?.to_owned())
}

fn user(n: usize) -> Value {
    let name = format!("Person{n} of bare");
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("bare{n}"), "externalId": format!("{n:064x}"), "displayName": name,
        "name": {"formatted": name, "givenName": format!("Person{n}"), "familyName": "of bare"},
        "active": true, "emails": [{"value": format!("bare{n}@example.com"), "type": "other", "primary": true}],
    })
}

fn group(n: usize) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": format!("bare{n}"), "externalId": format!("{n:032x}"),
    })
}

/// Writes of a page that are each on the disk before the next, in a second.
pub(super) fn syncs_per_second(folder: &Path) -> Result<f64> {
    const N_WRITES: u32 = 500;
    let mut file = File::create(folder.join("syncs"))?;
    let page = [7; 4_096];
    let start = Instant::now();
    for _ in 0..N_WRITES {
        file.write_all(&page)?;
        file.sync_data()?;
    }
    Ok(f64::from(N_WRITES) / start.elapsed().as_secs_f64())
}
