//! The members that a request names: read, limited, checked, and collected into one change.

use std::collections::BTreeSet;

use serde_json::Value;

use super::answer::Refusal;
use super::behaviour::{Behaviour, MemberForm, TooManyMembers, UnknownMembers};
use super::directory::Directory;
use super::patch_assign::Verb;
use super::patch_path::Path;

/// What a request does to the members of a group. Its size is that of the request, not of the group.
#[derive(Debug, Default)]
pub(super) struct MemberChange {
    cleared: bool,
    added: BTreeSet<String>,
    removed: BTreeSet<String>,
    n_named: usize,
}

impl MemberChange {
    /// Exactly these.
    pub(super) fn replacement(value: &Value) -> Result<Self, Refusal> {
        let mut change = Self { cleared: true, ..Self::default() };
        change.add(value)?;
        Ok(change)
    }

    /// One operation of a PATCH on `members`.
    pub(super) fn operate(
        &mut self,
        path: &Path,
        verb: Verb,
        value: &Value,
        form: MemberForm,
    ) -> Result<(), Refusal> {
        match (&path.filter, verb) {
            (Some(filter), Verb::Remove) if path.sub.is_none() => {
                if matches!(form, MemberForm::ValueArray | MemberForm::Never) {
                    return Err(Refusal::typed(
                        400,
                        "invalidPath",
                        "members are removed by a `value` array here",
                    ));
                }
                let values = filter.values_of("value").ok_or_else(|| {
                    Refusal::typed(400, "invalidFilter", "members are found by their `value` only")
                })?;
                for value in values {
                    self.remove_one(id_text(value)?);
                }
                Ok(())
            }
            (Some(_), _) => Err(Refusal::typed(400, "mutability", "a member's sub-attributes are immutable")),
            (None, _) if path.sub.is_some() => {
                Err(Refusal::typed(400, "mutability", "a member's sub-attributes are immutable"))
            }
            (None, Verb::Add) => self.add(value),
            (None, Verb::Replace) => {
                self.clear();
                self.add(value)
            }
            (None, Verb::Remove) if value.is_null() => {
                self.clear();
                Ok(())
            }
            (None, Verb::Remove) => {
                if matches!(form, MemberForm::FilterPath | MemberForm::Never) {
                    return Err(Refusal::typed(
                        400,
                        "invalidPath",
                        "members are removed by `members[value eq …]` here",
                    ));
                }
                for id in ids(value)? {
                    self.remove_one(id);
                }
                Ok(())
            }
        }
    }

    /// Refuse what this service does not take; leave out what it drops.
    pub(super) fn check(&mut self, directory: &Directory, behaviour: &Behaviour) -> Result<(), Refusal> {
        if let Some(limit) = behaviour.max_members_per_request
            && self.n_named > limit
        {
            let detail = format!("{} members in one request, at most {limit} are allowed", self.n_named);
            return Err(match behaviour.too_many_members {
                TooManyMembers::PayloadTooLarge => Refusal::new(413, detail),
                TooManyMembers::TooMany => Refusal::typed(400, "tooMany", detail),
            });
        }
        match behaviour.unknown_members {
            UnknownMembers::Accepted => {}
            UnknownMembers::Dropped => self.added.retain(|id| directory.knows(id)),
            UnknownMembers::Refused => {
                if let Some(id) = self.added.iter().find(|id| !directory.knows(id)) {
                    return Err(Refusal::typed(400, "invalidValue", format!("there is no member `{id}`")));
                }
            }
        }
        Ok(())
    }

    pub(super) fn apply(&self, directory: &mut Directory, group: &str) {
        if self.cleared {
            directory.clear_members(group);
        }
        for id in &self.removed {
            directory.remove_member(group, id);
        }
        for id in &self.added {
            directory.add_member(group, id);
        }
    }

    pub(super) fn into_added(self) -> BTreeSet<String> {
        self.added
    }

    fn add(&mut self, value: &Value) -> Result<(), Refusal> {
        for id in ids(value)? {
            self.n_named += 1;
            self.removed.remove(&id);
            self.added.insert(id);
        }
        Ok(())
    }

    fn remove_one(&mut self, id: String) {
        self.n_named += 1;
        self.added.remove(&id);
        self.removed.insert(id);
    }

    fn clear(&mut self) {
        self.cleared = true;
        self.added.clear();
        self.removed.clear();
    }
}

/// `[{"value": "u1"}, …]` or one such object.
fn ids(value: &Value) -> Result<Vec<String>, Refusal> {
    let one = |member: &Value| match member.get("value") {
        Some(value) => id_text(value),
        None => Err(Refusal::typed(400, "invalidValue", "a member is an object with a `value`")),
    };
    match value {
        Value::Array(members) => members.iter().map(one).collect(),
        Value::Null => Ok(Vec::new()),
        member => one(member).map(|id| vec![id]),
    }
}

fn id_text(value: &Value) -> Result<String, Refusal> {
    match value {
        Value::String(id) => Ok(id.clone()),
        // From a client that sends our own integer ids back as they came.
        Value::Number(id) => Ok(id.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(Refusal::typed(400, "invalidValue", "a member's `value` is an id"))
        }
    }
}
