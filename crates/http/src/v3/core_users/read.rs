//! What a request makes of a user.

use std::collections::BTreeSet;

use scimitar_domain::{GroupId, JsonObject, UserFields, UserKind, UserPk};
use scimitar_store::{Conn, StoreError, Unique, groups, users};

use crate::error::{ApiError, taken, unknown_reference};
use crate::field_errors::FieldErrors;
use crate::fields::{Mode, Reader};

/// A user as it would be, and what speaks against it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) fields: UserFields,
    /// The groups that it would be in; `None` to leave them.
    pub(super) groups: Option<Vec<GroupId>>,
    errors: FieldErrors,
}

impl Draft {
    /// The groups, if nothing speaks against the draft.
    pub(super) fn accepted(&self) -> Result<&[GroupId], ApiError> {
        if !self.errors.is_empty() {
            return Err(ApiError::Fields(self.errors.clone()));
        }
        Ok(self.groups.as_deref().unwrap_or_default())
    }
}

/// Read a request over `fields`: the defaults, or what is stored.
pub(super) fn read(given: &JsonObject, mode: Mode, mut fields: UserFields) -> Draft {
    let kind = fields.kind;
    let mut groups = (mode != Mode::Patch).then(Vec::new);

    let mut reader = Reader::new(given, mode);
    reader.require(&["username", "name"]);
    reader.text("username", &mut fields.username);
    reader.text("name", &mut fields.name);
    reader.boolean("is_active", &mut fields.is_active);
    reader.moment_or_null("last_login", &mut fields.last_login);
    reader.text("email", &mut fields.email);
    reader.object("attributes", &mut fields.attributes);
    reader.text("path", &mut fields.path);
    reader.choice("type", &mut fields.kind);
    if reader.has("groups") {
        let mut ids = Vec::new();
        reader.uuids("groups", &mut ids, GroupId);
        groups = Some(ids);
    }
    reader.judge(&fields, &[("kind", "type")]);
    if fields.kind != kind {
        judge_kind(&mut reader, mode, kind, fields.kind);
    }
    Draft { fields, groups, errors: reader.into_errors() }
}

/// Internal service accounts belong to the service itself.
fn judge_kind(reader: &mut Reader<'_>, mode: Mode, from: UserKind, to: UserKind) {
    if to == UserKind::InternalServiceAccount {
        reader.fault("type", "Setting a user to internal service account is not allowed.");
    } else if mode != Mode::Create && from == UserKind::InternalServiceAccount {
        reader.fault("type", "Can't change internal service account to other user type.");
    }
}

/// All that speaks against the draft, whatever was found first.
pub(super) fn faults(
    conn: &mut Conn,
    draft: &Draft,
    stored: Option<UserPk>,
) -> Result<FieldErrors, StoreError> {
    let mut errors = draft.errors.clone();
    let mut found = FieldErrors::default();
    let namesake = users::find_by_username(conn, &draft.fields.username)?;
    if namesake.is_some_and(|other| Some(other.pk) != stored) {
        let (field, sentence) = taken(Unique::Username);
        found.add(field, sentence);
    }
    let wanted = draft.groups.as_deref().unwrap_or_default();
    let known: BTreeSet<GroupId> = groups::find_many(conn, wanted)?.iter().map(|group| group.id).collect();
    if let Some(unknown) = wanted.iter().find(|id| !known.contains(id)) {
        found.add("groups", unknown_reference(&unknown.to_string()));
    }
    errors.complete(found);
    Ok(errors)
}
