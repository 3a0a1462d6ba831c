//! What the directory holds, read back through the API.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::Value;

use super::api::Api;
use super::parcel::{list, number, text};

/// Users by their key, groups by theirs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Directory {
    pub users: BTreeMap<i64, Person>,
    pub groups: BTreeMap<String, Team>,
}

/// What the default mapping makes use of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub uid: String,
    pub username: String,
    pub name: String,
    pub email: String,
    pub is_active: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    pub name: String,
    pub members: BTreeSet<i64>,
}

impl Api {
    /// All of it. Rows that change meanwhile may be seen as before or as after.
    pub async fn directory(&self) -> Result<Directory> {
        let mut directory = Directory::default();
        for user in self.all("/core/users/?include_groups=false").await? {
            directory.users.insert(number(&user, "pk")?, person(&user)?);
        }
        for group in self.all("/core/groups/?include_users=false").await? {
            let members = list(&group, "users")?.iter().filter_map(Value::as_i64).collect();
            let team = Team { name: text(&group, "name")?, members };
            directory.groups.insert(text(&group, "pk")?, team);
        }
        Ok(directory)
    }
}

fn person(user: &Value) -> Result<Person> {
    Ok(Person {
        uid: text(user, "uid")?,
        username: text(user, "username")?,
        name: text(user, "name")?,
        email: text(user, "email")?,
        is_active: user.get("is_active").and_then(Value::as_bool).unwrap_or_default(),
    })
}
