//! The users, groups and memberships that the fake holds.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value};

use scimitar_domain::{Clock, Timestamp};

use super::behaviour::IdStyle;
use super::dice::Dice;
use super::kind::Kind;
use super::resource::Resource;
use super::shelf::Shelf;

/// The stored state. Its public functions are for edits behind the client's back: they check nothing.
#[derive(Debug)]
pub struct Directory {
    users: Shelf,
    groups: Shelf,
    /// By user, the groups that have it: the other way round of each group's members.
    memberships: HashMap<String, BTreeSet<String>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: IdStyle,
    id_dice: Dice,
}

impl Directory {
    pub(super) fn new(clock: Arc<dyn Clock>, ids: IdStyle, seed: u64) -> Self {
        Self {
            users: Shelf::new(Kind::User),
            groups: Shelf::new(Kind::Group),
            memberships: HashMap::new(),
            clock,
            ids,
            id_dice: Dice::new(seed ^ 0x1d5),
        }
    }

    pub fn users(&self) -> Vec<Resource> {
        self.users.rows().map(|(_, row)| row.to_resource()).collect()
    }

    pub fn groups(&self) -> Vec<Resource> {
        self.groups.rows().map(|(_, row)| row.to_resource()).collect()
    }

    pub fn members(&self, group: &str) -> BTreeSet<String> {
        self.groups.get(group).map(|row| row.members.clone()).unwrap_or_default()
    }

    /// Store a user and tell its id.
    pub fn add_user(&mut self, body: Value) -> String {
        self.add(Kind::User, body)
    }

    /// Store a group, with what stands in `members`, and tell its id.
    pub fn add_group(&mut self, body: Value) -> String {
        self.add(Kind::Group, body)
    }

    /// Set a top-level attribute of a user or group; `null` removes it.
    pub fn set(&mut self, id: &str, attribute: &str, value: Value) {
        let Some(kind) = Kind::ALL.into_iter().find(|kind| self.shelf(*kind).place(id).is_some()) else {
            return;
        };
        let Some(row) = self.shelf(kind).get(id) else { return };
        let mut body = row.body.clone();
        if value.is_null() {
            body.shift_remove(attribute);
        } else {
            body.insert(attribute.to_owned(), value);
        }
        let now = self.now();
        self.shelf_mut(kind).replace(id, body, now);
    }

    pub fn delete(&mut self, id: &str) {
        for kind in Kind::ALL {
            self.remove(kind, id);
        }
    }

    pub fn add_member(&mut self, group: &str, user: &str) {
        if let Some(row) = self.groups.get_mut(group)
            && row.members.insert(user.to_owned())
        {
            self.memberships.entry(user.to_owned()).or_default().insert(group.to_owned());
        }
    }

    pub fn remove_member(&mut self, group: &str, user: &str) {
        if let Some(row) = self.groups.get_mut(group)
            && row.members.remove(user)
        {
            self.forget_membership(group, user);
        }
    }

    /// Give a user or group another id, as a restore from backup may do.
    pub fn rename_id(&mut self, id: &str, new: &str) {
        self.users.rename(id, new);
        if let Some(groups) = self.memberships.remove(id) {
            for group in &groups {
                if let Some(row) = self.groups.get_mut(group) {
                    row.members.remove(id);
                    row.members.insert(new.to_owned());
                }
            }
            self.memberships.insert(new.to_owned(), groups);
        }
        for member in self.members(id) {
            self.forget_membership(id, &member);
            self.memberships.entry(member).or_default().insert(new.to_owned());
        }
        self.groups.rename(id, new);
    }

    /// Forget everything. Ids are not given twice.
    pub fn clear(&mut self) {
        for kind in Kind::ALL {
            let ids: Vec<String> = self.shelf(kind).rows().map(|(_, row)| row.id.clone()).collect();
            for id in ids {
                self.remove(kind, &id);
            }
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn shelf(&self, kind: Kind) -> &Shelf {
        match kind {
            Kind::User => &self.users,
            Kind::Group => &self.groups,
        }
    }

    pub(super) fn shelf_mut(&mut self, kind: Kind) -> &mut Shelf {
        match kind {
            Kind::User => &mut self.users,
            Kind::Group => &mut self.groups,
        }
    }

    /// Whether there is a user or a group (RFC 7643 §4.2 allows both as members) of this id.
    pub(super) fn knows(&self, id: &str) -> bool {
        Kind::ALL.iter().any(|kind| self.shelf(*kind).place(id).is_some())
    }

    pub(super) fn insert(
        &mut self,
        kind: Kind,
        body: Map<String, Value>,
        members: &BTreeSet<String>,
    ) -> String {
        let id = self.new_id(kind);
        let now = self.now();
        self.shelf_mut(kind).insert(id.clone(), body, now);
        for member in members {
            self.add_member(&id, member);
        }
        id
    }

    pub(super) fn clear_members(&mut self, group: &str) {
        let Some(row) = self.groups.get_mut(group) else { return };
        for member in std::mem::take(&mut row.members) {
            self.forget_membership(group, &member);
        }
    }

    /// Remove a resource, from the groups that have it too. False if there is none.
    pub(super) fn remove(&mut self, kind: Kind, id: &str) -> bool {
        let Some(row) = self.shelf_mut(kind).remove(id) else { return false };
        for member in &row.members {
            self.forget_membership(id, member);
        }
        for group in self.memberships.remove(id).unwrap_or_default() {
            if let Some(row) = self.groups.get_mut(&group) {
                row.members.remove(id);
            }
        }
        true
    }

    fn add(&mut self, kind: Kind, body: Value) -> String {
        let Value::Object(mut body) = body else { return self.insert(kind, Map::new(), &BTreeSet::new()) };
        let members = match body.shift_remove("members") {
            Some(Value::Array(members)) => {
                members.iter().filter_map(|member| Some(member.get("value")?.as_str()?.to_owned())).collect()
            }
            _ => BTreeSet::new(),
        };
        body.shift_remove("id");
        if !body.contains_key("schemas") {
            body.insert("schemas".to_owned(), Value::from(vec![kind.schema()]));
        }
        self.insert(kind, body, &members)
    }

    fn forget_membership(&mut self, group: &str, member: &str) {
        if let Some(groups) = self.memberships.get_mut(member) {
            groups.remove(group);
            if groups.is_empty() {
                self.memberships.remove(member);
            }
        }
    }

    fn new_id(&mut self, kind: Kind) -> String {
        let n = self.shelf(kind).created() + 1;
        let n_both = self.users.created() + self.groups.created() + 1;
        match (self.ids, kind) {
            (IdStyle::Text, Kind::User) => format!("u{n}"),
            (IdStyle::Text, Kind::Group) => format!("g{n}"),
            (IdStyle::Integer, _) => n_both.to_string(),
            (IdStyle::Awkward, Kind::User) => format!("u/{n}?a b%20\"é\""),
            (IdStyle::Awkward, Kind::Group) => format!("g/{n}#a+b\\é"),
            (IdStyle::Uuid, _) => {
                let (high, low) = (self.id_dice.roll(), self.id_dice.roll());
                format!(
                    "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
                    high >> 32,
                    (high >> 16) & 0xffff,
                    high & 0xfff,
                    low >> 52,
                    low & 0xffff_ffff_ffff
                )
            }
        }
    }
}
