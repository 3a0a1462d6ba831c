//! The list of applications.

use std::collections::BTreeMap;

use diesel::dsl::IntoBoxed;
use diesel::prelude::*;
use scimitar_domain::{Application, ProviderPk};

use super::row::ApplicationRow;
use crate::conn::MultiBackend;
use crate::page::{order, search};
use crate::schema::{applications, providers};
use crate::sql_types::Key;
use crate::{Conn, Page, PageRequest, StoreError};

/// What to narrow the list of applications by. All that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct ApplicationFilter {
    pub name: Option<String>,
    pub slug: Option<String>,
    pub meta_launch_url: Option<String>,
    pub meta_description: Option<String>,
    pub meta_publisher: Option<String>,
    pub group: Option<String>,
    pub only_with_launch_url: bool,
}

pub fn page(
    conn: &mut Conn,
    filter: &ApplicationFilter,
    request: &PageRequest,
) -> Result<Page<Application>, StoreError> {
    let count = narrowed(filter, request).count().get_result(conn)?;
    let window = request.window(count)?;
    let mut query = narrowed(filter, request);
    order!(
        query, request,
        fields {
            "pk" => applications::id,
            "name" => applications::name,
            "slug" => applications::slug,
            "open_in_new_tab" => applications::open_in_new_tab,
            "meta_launch_url" => applications::meta_launch_url,
            "meta_description" => applications::meta_description,
            "meta_publisher" => applications::meta_publisher,
            "policy_engine_mode" => applications::policy_engine_mode,
            "group" => applications::group_name,
            "meta_hide" => applications::meta_hide,
        }
        nullable { "provider" => applications::provider_pk }
        default [applications::name]
        key applications::id
    );
    let rows: Vec<ApplicationRow> = query.limit(window.size).offset(window.offset).load(conn)?;
    let mut backchannel = backchannel_of(conn, &rows)?;
    let rows = rows.into_iter().map(|row| {
        let providers = backchannel.remove(&row.id).unwrap_or_default();
        row.read(providers)
    });
    Ok(window.page(rows.collect::<Result<_, _>>()?, count))
}

fn backchannel_of(
    conn: &mut Conn,
    rows: &[ApplicationRow],
) -> Result<BTreeMap<Key, Vec<ProviderPk>>, StoreError> {
    let attached: Vec<(Option<Key>, i32)> = providers::table
        .filter(providers::application_id.eq_any(rows.iter().map(|row| Some(row.id))))
        .order(providers::pk.asc())
        .select((providers::application_id, providers::pk))
        .load(conn)?;
    let mut found: BTreeMap<Key, Vec<ProviderPk>> = BTreeMap::new();
    for (application, provider) in attached {
        if let Some(application) = application {
            found.entry(application).or_default().push(ProviderPk(provider));
        }
    }
    Ok(found)
}

fn narrowed<'a>(
    filter: &'a ApplicationFilter,
    request: &PageRequest,
) -> IntoBoxed<'a, applications::table, MultiBackend> {
    let mut query = applications::table.into_boxed();
    if let Some(name) = &filter.name {
        query = query.filter(applications::name.eq(name));
    }
    if let Some(slug) = &filter.slug {
        query = query.filter(applications::slug.eq(slug));
    }
    if let Some(url) = &filter.meta_launch_url {
        query = query.filter(applications::meta_launch_url.eq(url));
    }
    if let Some(description) = &filter.meta_description {
        query = query.filter(applications::meta_description.eq(description));
    }
    if let Some(publisher) = &filter.meta_publisher {
        query = query.filter(applications::meta_publisher.eq(publisher));
    }
    if let Some(group) = &filter.group {
        query = query.filter(applications::group_name.eq(group));
    }
    if filter.only_with_launch_url {
        query = query.filter(applications::meta_launch_url.ne(""));
    }
    search!(
        query,
        request,
        applications::name,
        applications::slug,
        applications::meta_launch_url,
        applications::meta_description,
        applications::meta_publisher,
        applications::group_name,
    );
    query
}
