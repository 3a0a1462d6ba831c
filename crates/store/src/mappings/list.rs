//! The list of property mappings.

use diesel::dsl::IntoBoxed;
use diesel::prelude::*;
use scimitar_domain::{Mapping, MappingKind};

use super::MappingRow;
use crate::conn::MultiBackend;
use crate::page::{order, search};
use crate::schema::mappings;
use crate::{Conn, Page, PageRequest, StoreError};

/// What to narrow the list of mappings by. All that is given must hold; of several values, any.
#[derive(Debug, Clone, Default)]
pub struct MappingFilter {
    pub kind: Option<MappingKind>,
    pub name: Option<String>,
    pub managed: Vec<String>,
    pub managed_is_null: Option<bool>,
}

pub fn page(
    conn: &mut Conn,
    filter: &MappingFilter,
    request: &PageRequest,
) -> Result<Page<Mapping>, StoreError> {
    let count = narrowed(filter, request).count().get_result(conn)?;
    let window = request.window(count)?;
    let mut query = narrowed(filter, request);
    order!(
        query, request,
        fields {
            "pk" => mappings::id,
            "name" => mappings::name,
            "expression" => mappings::expression,
        }
        nullable { "managed" => mappings::managed }
        default [mappings::name]
        key mappings::id
    );
    let rows: Vec<MappingRow> = query.limit(window.size).offset(window.offset).load(conn)?;
    Ok(window.page(rows.into_iter().map(MappingRow::read).collect::<Result<_, _>>()?, count))
}

fn narrowed<'a>(
    filter: &'a MappingFilter,
    request: &PageRequest,
) -> IntoBoxed<'a, mappings::table, MultiBackend> {
    let mut query = mappings::table.into_boxed();
    if let Some(kind) = filter.kind {
        query = query.filter(mappings::kind.eq(kind.as_str()));
    }
    if let Some(name) = &filter.name {
        query = query.filter(mappings::name.eq(name));
    }
    if !filter.managed.is_empty() {
        query = query.filter(mappings::managed.eq_any(filter.managed.iter().map(Some)));
    }
    match filter.managed_is_null {
        Some(true) => query = query.filter(mappings::managed.is_null()),
        Some(false) => query = query.filter(mappings::managed.is_not_null()),
        None => {}
    }
    search!(query, request, mappings::name);
    query
}
