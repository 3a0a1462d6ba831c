//! A group as its row.

use diesel::prelude::*;
use scimitar_domain::{Group, GroupFields, GroupId};

use crate::schema::groups;
use crate::sql_types::{Json, Key};

#[derive(Queryable)]
pub(crate) struct GroupRow {
    id: Key,
    name: String,
    is_superuser: bool,
    parents: Json,
    attributes: Json,
    version: i64,
}

/// The columns that a caller may set.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = groups, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct GroupColumns<'a> {
    name: &'a str,
    is_superuser: bool,
    parents: Json,
    attributes: Json,
}

impl GroupRow {
    pub(crate) fn read(self) -> Group {
        Group {
            id: GroupId::from(self.id),
            fields: GroupFields {
                name: self.name,
                is_superuser: self.is_superuser,
                parents: self.parents.into_group_ids(),
                attributes: self.attributes.into_object(),
            },
            version: self.version,
        }
    }
}

impl<'a> GroupColumns<'a> {
    pub(super) fn of(fields: &'a GroupFields) -> Self {
        Self {
            name: &fields.name,
            is_superuser: fields.is_superuser,
            parents: Json::from(fields.parents.as_slice()),
            attributes: Json::from(&fields.attributes),
        }
    }
}
