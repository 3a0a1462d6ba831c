//! What a remote holds, whoever wrote it: our fake tells its state, others are asked over SCIM.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::parcel::{list, number, text};

/// Users and groups at the remote, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mirror {
    pub users: Vec<Replica>,
    pub groups: Vec<Roster>,
}

/// A user at the remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    pub id: String,
    pub external_id: String,
    pub user_name: String,
    pub display_name: String,
    pub active: bool,
    pub emails: BTreeSet<String>,
}

/// A group at the remote. Members are the remote's ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    pub id: String,
    pub external_id: String,
    pub display_name: String,
    pub members: BTreeSet<String>,
}

impl Mirror {
    /// The fake's, from its `/_state`. `url` is its SCIM address.
    pub async fn of_fake(client: &reqwest::Client, url: &str) -> Result<Self> {
        let root = url.strip_suffix("/scim/v2").context("not the fake's address")?;
        Self::read(&fetch(client, &format!("{root}/_state"), "").await?)
    }

    /// Any service's, page by page over SCIM.
    pub async fn of_service(client: &reqwest::Client, url: &str, token: &str) -> Result<Self> {
        let users = pages(client, &format!("{url}/Users"), token).await?;
        let groups = pages(client, &format!("{url}/Groups"), token).await?;
        let users = users.iter().map(replica).collect::<Result<_>>()?;
        Ok(Self { users, groups: groups.iter().map(roster).collect::<Result<_>>()? })
    }

    /// Without members that are no users there: services differ in whether deleting a user tidies up the groups
    /// (RFC 7644 §3.6 leaves it to them).
    #[must_use]
    pub fn without_dangling_members(mut self) -> Self {
        let users: BTreeSet<&String> = self.users.iter().map(|user| &user.id).collect();
        for group in &mut self.groups {
            group.members.retain(|id| users.contains(id));
        }
        self
    }

    /// `{"users": […], "groups": […]}`.
    pub fn read(state: &Value) -> Result<Self> {
        let users = list(state, "users")?.iter().map(replica).collect::<Result<_>>()?;
        Ok(Self { users, groups: list(state, "groups")?.iter().map(roster).collect::<Result<_>>()? })
    }
}

async fn pages(client: &reqwest::Client, url: &str, token: &str) -> Result<Vec<Value>> {
    let mut rows: Vec<Value> = Vec::new();
    loop {
        let page = fetch(client, &format!("{url}?startIndex={}&count=200", rows.len() + 1), token).await?;
        let resources =
            page.get("Resources").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        rows.extend_from_slice(resources);
        let total = usize::try_from(number(&page, "totalResults")?)?;
        if rows.len() >= total {
            return Ok(rows);
        }
        ensure!(!resources.is_empty(), "{url} has {total} rows and shows {}", rows.len());
    }
}

async fn fetch(client: &reqwest::Client, url: &str, token: &str) -> Result<Value> {
    let answer = client.get(url).bearer_auth(token).send().await?.error_for_status()?;
    Ok(serde_json::from_slice(&answer.bytes().await?)?)
}

fn replica(user: &Value) -> Result<Replica> {
    let emails = user.get("emails").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let emails = emails.iter().filter_map(|email| email.get("value")?.as_str().map(str::to_owned));
    Ok(Replica {
        id: text(user, "id")?,
        external_id: or_empty(user, "externalId"),
        user_name: text(user, "userName")?,
        display_name: or_empty(user, "displayName"),
        active: user.get("active").and_then(Value::as_bool).unwrap_or_default(),
        emails: emails.collect(),
    })
}

fn roster(group: &Value) -> Result<Roster> {
    let members = group.get("members").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let id = |member: &Value| member.as_str().or_else(|| member.get("value")?.as_str()).map(str::to_owned);
    Ok(Roster {
        id: text(group, "id")?,
        external_id: or_empty(group, "externalId"),
        display_name: or_empty(group, "displayName"),
        members: members.iter().filter_map(id).collect(),
    })
}

/// Services leave out what is empty.
fn or_empty(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
