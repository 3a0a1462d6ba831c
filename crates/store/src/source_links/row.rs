//! How what a source knows lies in its table.

use diesel::prelude::*;
use scimitar_domain::{SourceId, SourceLink, SourceLinkFields, SourceTerms};

use super::SourceLinkKey;
use crate::StoreError;
use crate::links::edit::columns;
use crate::links::row::object;
use crate::schema::source_links;
use crate::sql_types::{At, Json, Key};

type Columns = (
    source_links::id,
    source_links::source_id,
    source_links::user_pk,
    source_links::group_id,
    source_links::external_id,
    source_links::resource,
    source_links::version,
    source_links::created_at,
    source_links::updated_at,
    source_links::seq,
);

/// What a [`SourceLinkRow`] is read from.
pub(super) const COLUMNS: Columns = (
    source_links::id,
    source_links::source_id,
    source_links::user_pk,
    source_links::group_id,
    source_links::external_id,
    source_links::resource,
    source_links::version,
    source_links::created_at,
    source_links::updated_at,
    source_links::seq,
);

#[derive(Debug, Queryable)]
pub(super) struct SourceLinkRow {
    id: String,
    source_id: Key,
    user_pk: Option<i32>,
    group_id: Option<Key>,
    external_id: Option<String>,
    resource: Json,
    version: i64,
    created_at: At,
    updated_at: At,
    seq: i64,
}

/// The columns that a caller may set.
#[derive(Debug, Insertable)]
#[diesel(table_name = source_links, treat_none_as_default_value = false)]
pub(super) struct LinkColumns<'a> {
    kind: &'static str,
    id: &'a str,
    source_id: Key,
    user_pk: Option<i32>,
    group_id: Option<Key>,
    external_id: Option<String>,
    user_name: Option<String>,
    is_active: Option<bool>,
    resource: Json,
}

/// Of these columns the ones that change. The kind never does; everything else may, the key's other half too. SQLite
/// writes every index anew of which a statement sets a column, whatever its value.
#[expect(
    clippy::option_option,
    reason = "without one the column stays as it is; with one it may be set to null"
)]
#[derive(Debug, AsChangeset)]
#[diesel(table_name = source_links, primary_key(kind))]
pub(super) struct LinkChanges<'a> {
    id: Option<&'a str>,
    source_id: Option<Key>,
    user_pk: Option<Option<i32>>,
    group_id: Option<Option<Key>>,
    external_id: Option<Option<String>>,
    user_name: Option<Option<String>>,
    is_active: Option<Option<bool>>,
    resource: Option<Json>,
}

type KeyRow = (String, Key, Option<i32>, Option<Key>);

/// What a [`SourceLinkKey`] is made of.
pub(super) const KEY: (
    source_links::id,
    source_links::source_id,
    source_links::user_pk,
    source_links::group_id,
) = (source_links::id, source_links::source_id, source_links::user_pk, source_links::group_id);

pub(super) fn key((id, source, user, group): KeyRow) -> Result<SourceLinkKey, StoreError> {
    let object =
        object(user, group).ok_or_else(|| StoreError::inconsistent("source_links", "user_pk", &id))?;
    Ok(SourceLinkKey { id, source: source.into(), object })
}

impl SourceLinkRow {
    pub(super) fn into_link(self) -> Result<SourceLink, StoreError> {
        let object = object(self.user_pk, self.group_id)
            .ok_or_else(|| StoreError::inconsistent("source_links", "user_pk", &self.id))?;
        Ok(SourceLink {
            fields: SourceLinkFields {
                id: self.id,
                source: SourceId::from(self.source_id),
                object,
                external_id: self.external_id,
                resource: self.resource.0,
            },
            seq: self.seq,
            version: self.version,
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
        })
    }
}

impl<'a> LinkChanges<'a> {
    pub(super) fn between(
        (before, had): (&SourceLinkFields, &SourceTerms),
        (after, has): (&'a SourceLinkFields, &SourceTerms),
    ) -> Self {
        let ((had_user, had_group), (user_pk, group_id)) = (columns(before.object), columns(after.object));
        let user_name = after.user_name_key();
        Self {
            id: (before.id != after.id).then_some(&after.id),
            source_id: (before.source != after.source).then(|| after.source.into()),
            user_pk: (had_user != user_pk).then_some(user_pk),
            group_id: (had_group != group_id).then_some(group_id),
            external_id: (before.external_id != after.external_id).then(|| after.external_id.clone()),
            user_name: (before.user_name_key() != user_name).then_some(user_name),
            is_active: (had.is_active != has.is_active).then_some(has.is_active),
            resource: (before.resource != after.resource).then(|| Json(after.resource.clone())),
        }
    }
}

impl<'a> LinkColumns<'a> {
    pub(super) fn of(fields: &'a SourceLinkFields, terms: &SourceTerms) -> Self {
        let (user_pk, group_id) = columns(fields.object);
        Self {
            kind: fields.object.kind().as_str(),
            id: &fields.id,
            source_id: fields.source.into(),
            user_pk,
            group_id,
            external_id: fields.external_id.clone(),
            user_name: fields.user_name_key(),
            is_active: terms.is_active,
            resource: Json(fields.resource.clone()),
        }
    }
}
