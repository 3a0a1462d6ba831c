//! The list of sources.

use diesel::dsl::{InnerJoin, IntoBoxed};
use diesel::prelude::*;
use scimitar_domain::{Source, SourceId};

use super::row::{SourceRow, complete};
use crate::conn::MultiBackend;
use crate::page::{order, search};
use crate::schema::{sources, tokens, users};
use crate::sql_types::Key;
use crate::{Conn, Page, PageRequest, StoreError};

/// What to narrow the list of sources by. All that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct SourceFilter {
    pub id: Option<SourceId>,
    pub name: Option<String>,
    pub slug: Option<String>,
    pub managed: Option<String>,
    /// Search in the name and the slug only, not in what the token says.
    pub is_without_token: bool,
}

type Query<'a> =
    IntoBoxed<'a, InnerJoin<sources::table, InnerJoin<tokens::table, users::table>>, MultiBackend>;

pub fn page(
    conn: &mut Conn,
    filter: &SourceFilter,
    request: &PageRequest,
) -> Result<Page<Source>, StoreError> {
    let count = narrowed(filter, request).count().get_result(conn)?;
    let window = request.window(count)?;
    let mut query = narrowed(filter, request).select(SourceRow::as_select());
    order!(
        query, request,
        fields {
            "pk" => sources::id,
            "name" => sources::name,
            "slug" => sources::slug,
            "enabled" => sources::enabled,
            "user_path_template" => sources::user_path_template,
        }
        nullable { "managed" => sources::managed }
        default [sources::name]
        key sources::id
    );
    let rows = query.limit(window.size).offset(window.offset).load(conn)?;
    Ok(window.page(complete(conn, rows)?, count))
}

fn narrowed<'a>(filter: &'a SourceFilter, request: &PageRequest) -> Query<'a> {
    let mut query = sources::table.inner_join(tokens::table.inner_join(users::table)).into_boxed();
    if let Some(id) = filter.id {
        query = query.filter(sources::id.eq(Key::from(id)));
    }
    if let Some(name) = &filter.name {
        query = query.filter(sources::name.eq(name));
    }
    if let Some(slug) = &filter.slug {
        query = query.filter(sources::slug.eq(slug));
    }
    if let Some(managed) = &filter.managed {
        query = query.filter(sources::managed.eq(managed));
    }
    if filter.is_without_token {
        search!(query, request, sources::name, sources::slug);
    } else {
        search!(query, request, sources::name, sources::slug, tokens::identifier, users::username);
    }
    query
}
