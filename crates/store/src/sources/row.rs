//! How a source lies in its table and in the list of its mappings.

use std::collections::BTreeMap;

use diesel::prelude::*;
use scimitar_domain::{MappingId, ObjectKind, Source, SourceFields, SourceId, TokenId, UserPk};

use crate::schema::{source_mappings, sources};
use crate::sql_types::Key;
use crate::{Conn, StoreError};

/// The columns that a caller may set.
#[derive(Debug, Insertable, AsChangeset)]
#[diesel(table_name = sources)]
pub(super) struct SettingsRow<'a> {
    name: &'a str,
    slug: &'a str,
    enabled: bool,
    user_path_template: &'a str,
    delete_policy: &'static str,
    delete_after_days: i32,
    link_policy: &'static str,
    link_superusers: bool,
    guard_floor: i32,
    guard_percent: i32,
}

impl<'a> SettingsRow<'a> {
    pub(super) fn of(fields: &'a SourceFields) -> Self {
        Self {
            name: &fields.name,
            slug: &fields.slug,
            enabled: fields.enabled,
            user_path_template: &fields.user_path_template,
            delete_policy: fields.delete_policy.as_str(),
            delete_after_days: fields.delete_after_days,
            link_policy: fields.link_policy.as_str(),
            link_superusers: fields.link_superusers,
            guard_floor: fields.guard_floor,
            guard_percent: fields.guard_percent,
        }
    }
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = sources)]
pub(super) struct SourceRow {
    id: Key,
    name: String,
    slug: String,
    enabled: bool,
    user_path_template: String,
    managed: Option<String>,
    account_pk: Option<i32>,
    token_id: Option<Key>,
    delete_policy: String,
    delete_after_days: i32,
    link_policy: String,
    link_superusers: bool,
    guard_floor: i32,
    guard_percent: i32,
}

type Lists = BTreeMap<(Key, bool), Vec<MappingId>>;

/// Make sources of rows: one more query, however many rows there are.
pub(super) fn complete(conn: &mut Conn, rows: Vec<SourceRow>) -> Result<Vec<Source>, StoreError> {
    let ids: Vec<Key> = rows.iter().map(|row| row.id).collect();
    let query = source_mappings::table
        .order((source_mappings::source_id, source_mappings::position))
        .select((source_mappings::source_id, source_mappings::kind, source_mappings::mapping_id));
    let found: Vec<(Key, String, Key)> = match *ids {
        // A statement without a list is prepared once, and every request of a client asks for one source.
        [id] => query.filter(source_mappings::source_id.eq(id)).load(conn)?,
        _ => query.filter(source_mappings::source_id.eq_any(ids)).load(conn)?,
    };
    let mut lists = Lists::new();
    for (source, kind, mapping) in found {
        lists.entry((source, kind == ObjectKind::User.as_str())).or_default().push(mapping.into());
    }
    rows.into_iter().map(|row| row.into_source(&mut lists)).collect()
}

impl SourceRow {
    fn into_source(self, lists: &mut Lists) -> Result<Source, StoreError> {
        let absent = |column| StoreError::inconsistent("sources", column, &self.id.0);
        let link_policy = self.link_policy.parse().map_err(|_unknown| absent("link_policy"))?;
        let delete_policy = self.delete_policy.parse().map_err(|_unknown| absent("delete_policy"))?;
        Ok(Source {
            id: SourceId::from(self.id),
            account: UserPk(self.account_pk.ok_or_else(|| absent("account_pk"))?),
            token: TokenId::from(self.token_id.ok_or_else(|| absent("token_id"))?),
            fields: SourceFields {
                name: self.name,
                slug: self.slug,
                enabled: self.enabled,
                user_path_template: self.user_path_template,
                user_property_mappings: lists.remove(&(self.id, true)).unwrap_or_default(),
                group_property_mappings: lists.remove(&(self.id, false)).unwrap_or_default(),
                delete_policy,
                delete_after_days: self.delete_after_days,
                link_policy,
                link_superusers: self.link_superusers,
                guard_floor: self.guard_floor,
                guard_percent: self.guard_percent,
            },
            managed: self.managed,
        })
    }
}
