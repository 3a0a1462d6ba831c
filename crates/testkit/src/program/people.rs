//! Made-up people and their groups, put into the directory through the API.

use anyhow::Result;
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

use super::api::Api;
use super::parcel::{number, text};

/// Calls at the same time.
const AT_ONCE: usize = 32;

/// Somebody who is not in the directory yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    pub username: String,
    pub name: String,
}

/// So many of them, told apart by `family` and a number.
pub fn newcomers(family: &str, n: usize) -> impl Iterator<Item = Newcomer> + use<'_> {
    (0..n).map(move |at| Newcomer {
        username: format!("{family}{at}"),
        name: format!("Person{at} of {family}"),
    })
}

impl Newcomer {
    pub fn body(&self) -> Value {
        json!({
            "username": self.username, "name": self.name,
            "email": format!("{}@example.com", self.username), "path": "people",
        })
    }
}

impl Api {
    /// Their keys, in their order.
    pub async fn create_users(&self, people: impl Iterator<Item = Newcomer>) -> Result<Vec<i64>> {
        futures_util::stream::iter(people)
            .map(|one| async move { number(&self.create("/core/users/", &one.body()).await?, "pk") })
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    /// So many groups, each with the next `n_members` of the users, round and round. Their keys.
    pub async fn create_groups(
        &self,
        family: &str,
        n: usize,
        users: &[i64],
        n_members: usize,
    ) -> Result<Vec<String>> {
        let groups = (0..n).map(|at| {
            let members: Vec<i64> = users
                .iter()
                .copied()
                .cycle()
                .skip(at * n_members % users.len().max(1))
                .take(n_members)
                .collect();
            json!({ "name": format!("{family}{at}"), "users": members })
        });
        futures_util::stream::iter(groups)
            .map(|body| async move { text(&self.create("/core/groups/", &body).await?, "pk") })
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    /// The same change to each of these paths.
    pub async fn change_each<'a>(&self, changes: impl Iterator<Item = (String, Value)> + 'a) -> Result<()> {
        futures_util::stream::iter(changes)
            .map(|(path, body)| async move { self.change(&path, &body).await.map(drop) })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    pub async fn remove_each<'a>(&self, paths: impl Iterator<Item = String> + 'a) -> Result<()> {
        futures_util::stream::iter(paths)
            .map(|path| async move { self.remove(&path).await })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }
}
