//! The members of a group: sets of users, changed under the lock of the group's row.
//!
//! A source sees and changes the memberships of its own users only. Who else is in the group, people have put
//! there, and stays.

use std::collections::{BTreeMap, BTreeSet};

use scimitar_domain::{GroupId, SourceId, Timestamp, UserPk, UserUuid};
use scimitar_scim::Reason;
use scimitar_scim::filter::Filter;
use scimitar_scim::patch::{Member, MemberStep};
use scimitar_scim::schema::ResourceType;
use scimitar_store::{Conn, groups, source_links};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::InboundError;
use crate::reading::exact;

/// What is to become of the members.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wish {
    /// As they are.
    Keep,
    /// Exactly these.
    Exactly(BTreeMap<String, Member>),
    /// One step after the other. Only `Clear` and filters look at who is there.
    Steps(Vec<MemberStep>),
}

impl Wish {
    pub(crate) fn is_keep(&self) -> bool {
        match self {
            Self::Keep => true,
            Self::Steps(steps) => steps.is_empty(),
            Self::Exactly(_) => false,
        }
    }

    /// How many members it is about, for the log.
    pub(crate) fn told(&self) -> Option<String> {
        match self {
            Self::Keep => None,
            Self::Exactly(members) => Some(format!("exactly these {}", members.len())),
            Self::Steps(steps) if steps.is_empty() => None,
            Self::Steps(steps) => {
                let (mut added, mut removed, mut others) = (0, 0, 0);
                for step in steps {
                    match step {
                        MemberStep::Change { add, remove } => {
                            added += add.len();
                            removed += remove.len();
                        }
                        MemberStep::Clear | MemberStep::RemoveWhere(_) => others += 1,
                    }
                }
                Some(format!("{added} to add, {removed} to remove, {others} steps by filter or of all"))
            }
        }
    }

    /// Do it. Whoever calls holds the group's lock.
    pub(crate) fn grant(
        &self,
        conn: &mut Conn,
        source: SourceId,
        group: GroupId,
        schema: &ResourceType,
        now: Timestamp,
    ) -> Result<(), InboundError> {
        let mut sets = Sets { source, group, add: BTreeSet::new(), remove: BTreeSet::new() };
        match self {
            Self::Keep => {}
            Self::Exactly(members) => {
                sets.clear(conn)?;
                sets.add(conn, members)?;
            }
            Self::Steps(steps) => {
                for step in steps {
                    match step {
                        MemberStep::Clear => sets.clear(conn)?,
                        MemberStep::Change { add, remove } => {
                            sets.add(conn, add)?;
                            sets.remove(conn, remove)?;
                        }
                        MemberStep::RemoveWhere(filter) => {
                            sets.settle(conn, now)?;
                            sets.remove_where(conn, filter, schema)?;
                        }
                    }
                }
            }
        }
        sets.settle(conn, now)
    }
}

/// What is to be added and removed, nobody in both.
struct Sets {
    source: SourceId,
    group: GroupId,
    add: BTreeSet<UserPk>,
    remove: BTreeSet<UserPk>,
}

impl Sets {
    fn settle(&mut self, conn: &mut Conn, now: Timestamp) -> Result<(), InboundError> {
        let (add, remove) = (std::mem::take(&mut self.add), std::mem::take(&mut self.remove));
        groups::change_members(conn, self.group, &add, &remove, now)?;
        Ok(())
    }

    fn clear(&mut self, conn: &mut Conn) -> Result<(), InboundError> {
        let there = source_links::members(conn, self.source, &[self.group], None)?;
        let ids: Vec<Uuid> = there.into_iter().map(|(_, member)| member.id).collect();
        self.add.clear();
        self.remove = source_links::user_pks(conn, self.source, &ids)?.into_values().collect();
        Ok(())
    }

    /// Who is no user of the source cannot be added: to leave somebody out in silence would be a lost write.
    fn add(&mut self, conn: &mut Conn, members: &BTreeMap<String, Member>) -> Result<(), InboundError> {
        let mut ids = Vec::with_capacity(members.len());
        for member in members.values() {
            if member.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("Group")) {
                let detail = "a group cannot be a member of a group here";
                return Err(Reason::InvalidValue.because(detail).into());
            }
            ids.push(exact(&member.value).ok_or_else(stranger)?);
        }
        let known = source_links::user_pks(conn, self.source, &ids)?;
        for id in ids {
            let pk = known.get(&UserUuid(id)).copied().ok_or_else(stranger)?;
            self.remove.remove(&pk);
            self.add.insert(pk);
        }
        Ok(())
    }

    /// Who is not there is gone already.
    fn remove(&mut self, conn: &mut Conn, ids: &BTreeSet<String>) -> Result<(), InboundError> {
        let ids: Vec<Uuid> = ids.iter().filter_map(|id| exact(id)).collect();
        for pk in source_links::user_pks(conn, self.source, &ids)?.into_values() {
            self.add.remove(&pk);
            self.remove.insert(pk);
        }
        Ok(())
    }

    fn remove_where(
        &mut self,
        conn: &mut Conn,
        filter: &Filter,
        schema: &ResourceType,
    ) -> Result<(), InboundError> {
        let Some(members) = schema.attribute("members") else { return Ok(()) };
        let condition = filter.check_element(members)?;
        let there = source_links::members(conn, self.source, &[self.group], None)?;
        let element =
            |id: Uuid, name: &str| -> Value { json!({"value": id, "type": "User", "display": name}) };
        let ids: Vec<Uuid> = there
            .into_iter()
            .filter(|(_, it)| condition.matches_element(&element(it.id, &it.name)))
            .map(|(_, it)| it.id)
            .collect();
        self.remove.extend(source_links::user_pks(conn, self.source, &ids)?.into_values());
        Ok(())
    }
}

fn stranger() -> InboundError {
    let detail = "`members` names somebody who is no User here: make the user first";
    Reason::InvalidValue.because(detail).into()
}
