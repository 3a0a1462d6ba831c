//! Users and groups that a command line names.

use clap::Args;

use scimitar_domain::ObjectId;
use scimitar_store::{StoreError, groups, users};

use crate::compose::Installation;
use crate::config::Config;
use crate::database;
use crate::report::Problem;

/// One of them, or none.
#[derive(Debug, Args)]
#[group(id = "object", multiple = false)]
pub(super) struct Named {
    /// The user, by name
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The group, by name
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
}

/// Any number of them.
#[derive(Debug, Args)]
pub(super) struct AllNamed {
    /// A user, by name; can be given again
    #[arg(long = "user", value_name = "NAME")]
    users: Vec<String>,
    /// A group, by name; can be given again
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
}

impl Named {
    pub(super) fn is_one(&self) -> bool {
        self.user.is_some() || self.group.is_some()
    }

    /// The object, if one is named. It must be there.
    pub(super) async fn find(
        &self,
        config: &Config,
        installation: &Installation,
    ) -> anyhow::Result<Option<ObjectId>> {
        if let Some(name) = &self.user {
            return user(config, installation, name).await.map(Some);
        }
        match &self.group {
            Some(name) => group(config, installation, name).await.map(Some),
            None => Ok(None),
        }
    }
}

impl AllNamed {
    /// The objects. All of them must be there.
    pub(super) async fn find(
        &self,
        config: &Config,
        installation: &Installation,
    ) -> anyhow::Result<Vec<ObjectId>> {
        let mut found = Vec::new();
        for name in &self.users {
            found.push(user(config, installation, name).await?);
        }
        for name in &self.groups {
            found.push(group(config, installation, name).await?);
        }
        Ok(found)
    }
}

async fn user(config: &Config, installation: &Installation, name: &str) -> anyhow::Result<ObjectId> {
    let wanted = name.to_owned();
    let found = installation.store.read(move |conn| users::find_by_username(conn, &wanted)).await;
    let found = found.map_err(|error: StoreError| database::explain(error, &config.database))?;
    found.map(|user| ObjectId::User(user.pk)).ok_or_else(|| nobody("user", name))
}

async fn group(config: &Config, installation: &Installation, name: &str) -> anyhow::Result<ObjectId> {
    let wanted = name.to_owned();
    let found = installation.store.read(move |conn| groups::find_by_name(conn, &wanted)).await;
    let found = found.map_err(|error: StoreError| database::explain(error, &config.database))?;
    found.map(|group| ObjectId::Group(group.id)).ok_or_else(|| nobody("group", name))
}

fn nobody(kind: &str, name: &str) -> anyhow::Error {
    Problem::new(format!("there is no {kind} `{name}`"), "names are written exactly as they are").into()
}
