//! The judge of a world: whether the remote holds exactly what the directory says.

use std::collections::BTreeSet;

use scimitar_domain::{GroupId, NestedGroups, UserPk};
use scimitar_store::{Conn, StoreError, groups, scope, users};

use super::World;
use crate::remote::Resource;

impl World {
    /// What the story's remote lacks, has too much or twice, or has otherwise; empty when it is in step.
    ///
    /// Looks at what the default mappings send. Objects are told apart by `externalId`, so that what is not
    /// ours counts as too much.
    pub async fn differences(&self) -> Vec<String> {
        let mut held = self.held();
        let mut lines = Vec::new();
        for wanted in self.wanted().await {
            match held.iter().position(|line| *line == wanted) {
                Some(at) => {
                    held.swap_remove(at);
                }
                None => lines.push(format!("lacks {wanted}")),
            }
        }
        lines.extend(held.into_iter().map(|line| format!("has {line}")));
        lines.sort_unstable();
        lines
    }

    /// Whom the provider is to send, by `externalId`: users and groups.
    pub async fn in_scope(&self) -> BTreeSet<String> {
        let (provider, install) = (self.provider().await, self.install);
        self.read(move |conn| {
            let users = scope::users_due(conn, &provider, None, None, i64::MAX, true)?;
            let groups = scope::groups_due(conn, &provider, None, None, i64::MAX, true)?;
            let names = users.into_iter().map(|pk| install.uid(pk));
            Ok(names.chain(groups.iter().map(ToString::to_string)).collect())
        })
        .await
    }

    async fn wanted(&self) -> Vec<String> {
        let (provider, install) = (self.provider().await, self.install);
        self.read(move |conn| {
            let pks = scope::users_due(conn, &provider, None, None, i64::MAX, true)?;
            let in_scope: BTreeSet<UserPk> = pks.iter().copied().collect();
            let mut lines = Vec::new();
            for user in users::find_many(conn, &pks)? {
                let fields = &user.fields;
                let n_mails = usize::from(!fields.email.is_empty());
                lines.push(user_line(
                    &install.uid(user.pk),
                    &fields.username,
                    &fields.name,
                    fields.is_active,
                    (n_mails, &fields.email),
                ));
            }
            let ids = scope::groups_due(conn, &provider, None, None, i64::MAX, true)?;
            for group in groups::find_many(conn, &ids)? {
                let read_as_one = match provider.fields.nested_groups {
                    NestedGroups::Direct | NestedGroups::Members => BTreeSet::from([group.id]),
                    NestedGroups::Flattened => below(conn, group.id)?,
                };
                let members = groups::members(conn, &read_as_one.into_iter().collect::<Vec<_>>())?;
                let theirs = members.iter().filter(|(_, user)| in_scope.contains(&user.pk));
                let mut names: BTreeSet<String> = theirs.map(|(_, user)| install.uid(user.pk)).collect();
                if provider.fields.nested_groups == NestedGroups::Members {
                    let children = groups::child_keys(conn, &[group.id])?.into_iter().map(|(_, child)| child);
                    names.extend(children.filter(|child| ids.contains(child)).map(|child| child.to_string()));
                }
                lines.push(group_line(&group.id.to_string(), &group.fields.name, names));
            }
            Ok(lines)
        })
        .await
    }

    fn held(&self) -> Vec<String> {
        let remote = &self.remote;
        let users = remote.users();
        let external_id = |resource: &Resource| resource.external_id().unwrap_or(&resource.id).to_owned();
        let mut lines = Vec::new();
        for user in &users {
            let n_mails = user.get("emails").and_then(serde_json::Value::as_array).map_or(0, Vec::len);
            let is_active = user.get("active").and_then(serde_json::Value::as_bool).unwrap_or(true);
            lines.push(user_line(
                &external_id(user),
                user.user_name().unwrap_or_default(),
                user.display_name().unwrap_or_default(),
                is_active,
                (n_mails, user.text("emails.0.value").unwrap_or_default()),
            ));
        }
        let groups = remote.groups();
        for group in &groups {
            let members = remote.members(&group.id);
            let uids = members.iter().map(|id| {
                let member = users.iter().chain(&groups).find(|resource| resource.id == *id);
                member.map_or_else(|| format!("nobody ({id})"), external_id)
            });
            let name = group.display_name().unwrap_or_default();
            lines.push(group_line(&external_id(group), name, uids.collect()));
        }
        lines
    }
}

/// A group, and all that stand below it.
fn below(conn: &mut Conn, group: GroupId) -> Result<BTreeSet<GroupId>, StoreError> {
    let (mut all, mut level) = (BTreeSet::from([group]), vec![group]);
    while !level.is_empty() {
        let children = groups::child_keys(conn, &level)?.into_iter().map(|(_, child)| child);
        level = children.filter(|child| all.insert(*child)).collect();
    }
    Ok(all)
}

fn user_line(external_id: &str, username: &str, name: &str, is_active: bool, mails: (usize, &str)) -> String {
    let (n_mails, mail) = mails;
    let active = if is_active { "active" } else { "inactive" };
    format!("user `{username}` ({external_id}), `{name}`, {active}, {n_mails} mail {mail}")
}

fn group_line(external_id: &str, name: &str, members: BTreeSet<String>) -> String {
    let members: Vec<String> = members.into_iter().collect();
    format!("group `{name}` ({external_id}) with {}", members.join(", "))
}
