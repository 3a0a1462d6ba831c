//! The list of providers whatever their kind, with the applications that they belong to.

use diesel::dsl::{IntoBoxed, exists};
use diesel::prelude::*;
use scimitar_domain::Provider;

use super::row::{ProviderRow, complete};
use crate::conn::MultiBackend;
use crate::functions::fold;
use crate::page::{order, pattern};
use crate::schema::{applications, providers};
use crate::{Conn, Keyring, Page, PageRequest, StoreError};

/// What the list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct AnyProviderFilter {
    /// Whether no application has the provider, in either of the two ways.
    pub is_without_application: Option<bool>,
    /// Whether the provider can stand beside the main one of an application. Every kind that there is can.
    pub is_backchannel: Option<bool>,
}

/// Words are looked for in the provider's name and in those of its applications.
pub fn page_any(
    conn: &mut Conn,
    keyring: &Keyring,
    filter: &AnyProviderFilter,
    request: &PageRequest,
) -> Result<Page<Provider>, StoreError> {
    if filter.is_backchannel == Some(false) {
        return Ok(request.window(0)?.page(Vec::new(), 0));
    }
    let count: i64 = narrowed(filter, request).count().get_result(conn)?;
    let window = request.window(count)?;
    let mut query = narrowed(filter, request).select(ProviderRow::as_select());
    order!(
        query, request,
        fields { "pk" => providers::pk, "name" => providers::name }
        nullable {}
        default [providers::pk]
        key providers::pk
    );
    let rows = query.limit(window.size).offset(window.offset).load(conn)?;
    Ok(window.page(complete(conn, keyring, rows)?, count))
}

fn narrowed<'a>(
    filter: &AnyProviderFilter,
    request: &PageRequest,
) -> IntoBoxed<'a, providers::table, MultiBackend> {
    let mut query = providers::table.into_boxed();
    if let Some(is_without) = filter.is_without_application {
        let has_one = providers::application_id
            .is_not_null()
            .or(exists(applications::table.filter(applications::provider_pk.eq(providers::pk.nullable()))));
        query = query.filter(has_one.ne(is_without));
    }
    for word in &request.search {
        let pattern = pattern(word);
        let its_own = applications::id
            .nullable()
            .eq(providers::application_id)
            .or(applications::provider_pk.eq(providers::pk.nullable()).assume_not_null());
        let named = fold(applications::name).like(fold(pattern.clone())).escape('\\');
        query = query.filter(
            fold(providers::name)
                .like(fold(pattern))
                .escape('\\')
                .or(exists(applications::table.filter(its_own.assume_not_null()).filter(named))),
        );
    }
    query
}
