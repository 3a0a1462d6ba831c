//! What a request makes of a group.

use std::collections::BTreeSet;

use scimitar_domain::{GroupFields, GroupId, JsonObject, UserPk};
use scimitar_store::{Conn, StoreError, Unique, groups, users};

use crate::error::{ApiError, taken, unknown_reference};
use crate::field_errors::FieldErrors;
use crate::fields::{Mode, Reader};

/// A group as it would be, and what speaks against it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) fields: GroupFields,
    /// The members that it would have; `None` to leave them.
    pub(super) members: Option<Vec<UserPk>>,
    /// How the request names the parents.
    parents_field: &'static str,
    errors: FieldErrors,
}

impl Draft {
    /// The members, if nothing speaks against the draft.
    pub(super) fn accepted(&self) -> Result<&[UserPk], ApiError> {
        if !self.errors.is_empty() {
            return Err(ApiError::Fields(self.errors.clone()));
        }
        Ok(self.members.as_deref().unwrap_or_default())
    }
}

/// Read a request over `fields`: the defaults, or what is stored.
pub(super) fn read(given: &JsonObject, mode: Mode, id: GroupId, mut fields: GroupFields) -> Draft {
    let mut members = (mode != Mode::Patch).then(Vec::new);

    let mut reader = Reader::new(given, mode);
    reader.require(&["name"]);
    reader.text("name", &mut fields.name);
    reader.boolean("is_superuser", &mut fields.is_superuser);
    reader.object("attributes", &mut fields.attributes);
    read_parents(&mut reader, &mut fields);
    if fields.parents.contains(&id) {
        reader.fault("parent", "Cannot set group as parent of itself.");
    }
    if reader.has("users") {
        let mut keys = Vec::new();
        reader.keys("users", &mut keys);
        members = Some(keys.into_iter().map(UserPk).collect());
    }
    reader.judge(&fields, &[]);
    let parents_field = if reader.has("parents") { "parents" } else { "parent" };
    Draft { fields, members, parents_field, errors: reader.into_errors() }
}

/// Releases up to 2025.10 send one `parent`, newer ones a list; when both are sent, the list wins.
fn read_parents(reader: &mut Reader<'_>, fields: &mut GroupFields) {
    let mut parent = fields.parent().map(|parent| parent.0);
    reader.uuid_or_null("parent", &mut parent);
    if reader.has("parent") {
        fields.parents = parent.into_iter().map(GroupId).collect();
    }
    if reader.has("parents") {
        reader.uuids("parents", &mut fields.parents, GroupId);
        let mut seen = BTreeSet::new();
        fields.parents.retain(|parent| seen.insert(*parent));
    }
}

/// All that speaks against the draft, whatever was found first.
pub(super) fn faults(conn: &mut Conn, draft: &Draft, id: GroupId) -> Result<FieldErrors, StoreError> {
    let mut errors = draft.errors.clone();
    let mut found = FieldErrors::default();
    if groups::find_by_name(conn, &draft.fields.name)?.is_some_and(|other| other.id != id) {
        let (field, sentence) = taken(Unique::GroupName);
        found.add(field, sentence);
    }
    let parents = &draft.fields.parents;
    let known: BTreeSet<GroupId> = groups::find_many(conn, parents)?.iter().map(|group| group.id).collect();
    if let Some(unknown) = parents.iter().find(|parent| **parent != id && !known.contains(parent)) {
        found.add(draft.parents_field, unknown_reference(&unknown.to_string()));
    }
    if let Some(members) = &draft.members {
        let known: BTreeSet<UserPk> = users::find_many(conn, members)?.iter().map(|user| user.pk).collect();
        if let Some(unknown) = members.iter().find(|pk| !known.contains(pk)) {
            found.add("users", unknown_reference(&unknown.to_string()));
        }
    }
    errors.complete(found);
    Ok(errors)
}
