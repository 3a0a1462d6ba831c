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
    read_parent(&mut reader, &mut fields);
    if fields.parent == Some(id) {
        reader.fault("parent", "Cannot set group as parent of itself.");
    }
    if reader.has("users") {
        let mut keys = Vec::new();
        reader.keys("users", &mut keys);
        members = Some(keys.into_iter().map(UserPk).collect());
    }
    reader.judge(&fields, &[]);
    Draft { fields, members, errors: reader.into_errors() }
}

/// Releases up to 2025.10 send one `parent`, newer ones a list. A group has one parent here, so the list holds
/// none or one; when both are sent, the list wins.
fn read_parent(reader: &mut Reader<'_>, fields: &mut GroupFields) {
    let mut parent = fields.parent.map(|parent| parent.0);
    reader.uuid_or_null("parent", &mut parent);
    fields.parent = parent.map(GroupId);
    if reader.has("parents") {
        let mut parents = Vec::new();
        reader.uuids("parents", &mut parents, GroupId);
        if parents.len() > 1 {
            reader.fault("parents", "Ensure this field has no more than 1 elements.");
        }
        fields.parent = parents.first().copied();
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
    if let Some(parent) = draft.fields.parent
        && parent != id
        && groups::find(conn, parent)?.is_none()
    {
        found.add("parent", unknown_reference(&parent.to_string()));
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
