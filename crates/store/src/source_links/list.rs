//! The lists of what sources know of users, and of groups.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use scimitar_domain::{GroupId, ObjectKind, SourceId, SourceLink, UserPk};

use super::row::{COLUMNS, SourceLinkRow};
use crate::functions::{doc_text, uuid_text};
use crate::page::{order, search};
use crate::schema::{groups, source_links, sources, users};
use crate::sql_types::Key;
use crate::{Conn, Page, PageRequest, StoreError};

#[diesel::declare_sql_function]
extern "SQL" {
    /// The external id as it is shown.
    #[sql_name = "coalesce"]
    fn shown(external_id: Nullable<Text>, id: Text) -> Text;
}

/// What to narrow the list by. What does not belong to the kind that is listed is ignored.
#[derive(Debug, Clone, Default)]
pub struct SourceLinkFilter {
    pub source: Option<SourceId>,
    pub source_slug: Option<String>,
    pub user: Option<UserPk>,
    pub username: Option<String>,
    pub group: Option<GroupId>,
    pub group_name: Option<String>,
}

pub fn page(
    conn: &mut Conn,
    kind: ObjectKind,
    filter: &SourceLinkFilter,
    request: &PageRequest,
) -> Result<Page<SourceLink>, StoreError> {
    match kind {
        ObjectKind::User => users_page(conn, filter, request),
        ObjectKind::Group => groups_page(conn, filter, request),
    }
}

/// The list of one kind: which table the objects are in, how it is narrowed, searched and ordered.
macro_rules! listing {
    (
        fn $page:ident($filter:ident) of $objects:ident by $object:literal => $key:expr,
        narrowed { $($wanted:expr => |$value:ident| $condition:expr),+ $(,)? }
        searched [$($text:expr),+ $(,)?]
        named $name:expr
    ) => {
        fn $page(
            conn: &mut Conn,
            $filter: &SourceLinkFilter,
            request: &PageRequest,
        ) -> Result<Page<SourceLink>, StoreError> {
            let narrowed = || {
                let mut query =
                    source_links::table.inner_join(sources::table).inner_join($objects::table).into_boxed();
                if let Some(source) = $filter.source {
                    query = query.filter(source_links::source_id.eq(Key::from(source)));
                }
                if let Some(slug) = &$filter.source_slug {
                    query = query.filter(sources::slug.eq(slug));
                }
                $(if let Some($value) = &$wanted {
                    query = query.filter($condition);
                })+
                search!(query, request, $($text),+);
                query
            };
            let count = narrowed().count().get_result(conn)?;
            let window = request.window(count)?;
            let mut query = narrowed().select(COLUMNS);
            order!(
                query, request,
                fields {
                    "id" => source_links::id,
                    $object => $key,
                    "source" => source_links::source_id,
                }
                nullable { "external_id" => source_links::external_id }
                default [$name]
                key source_links::id
            );
            let rows: Vec<SourceLinkRow> = query.limit(window.size).offset(window.offset).load(conn)?;
            Ok(window.page(rows.into_iter().map(SourceLinkRow::into_link).collect::<Result<_, _>>()?, count))
        }
    };
}

listing!(
    fn users_page(filter) of users by "user" => users::pk,
    narrowed {
        filter.user => |user| source_links::user_pk.eq(user.0),
        filter.username => |name| users::username.eq(name),
    }
    searched [
        sources::slug,
        users::username,
        uuid_text(users::uuid),
        shown(source_links::external_id, source_links::id),
        doc_text(source_links::resource),
    ]
    named users::username
);

listing!(
    fn groups_page(filter) of groups by "group" => groups::id,
    narrowed {
        filter.group => |group| source_links::group_id.eq(Key::from(*group)),
        filter.group_name => |name| groups::name.eq(name),
    }
    searched [
        sources::slug,
        groups::name,
        shown(source_links::external_id, source_links::id),
        doc_text(source_links::resource),
    ]
    named groups::name
);
