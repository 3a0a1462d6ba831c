//! Which providers a list is narrowed down to.

use scimitar_domain::GroupId;
use scimitar_store::providers::ProviderFilter;
use scimitar_store::{Conn, groups};

use crate::error::ApiError;
use crate::field_errors::FieldErrors;
use crate::params::{Params, no_choice};

pub(super) fn read(params: &Params) -> Result<ProviderFilter, ApiError> {
    let mut errors = FieldErrors::default();
    let filter = ProviderFilter {
        name: params.owned("name"),
        url: params.owned("url"),
        exclude_users_service_account: params.flag("exclude_users_service_account"),
        filter_group: params.reference("filter_group", &mut errors).map(GroupId),
        group_filters: params.references("group_filters", &mut errors).into_iter().map(GroupId).collect(),
    };
    errors.accept(filter)
}

/// The groups that are named must exist.
pub(super) fn check(conn: &mut Conn, filter: &ProviderFilter) -> Result<(), ApiError> {
    let mut errors = FieldErrors::default();
    if let Some(group) = filter.filter_group
        && groups::find(conn, group)?.is_none()
    {
        let sentence = "Select a valid choice. That choice is not one of the available choices.";
        errors.add("filter_group", sentence);
    }
    for group in &filter.group_filters {
        if groups::find(conn, *group)?.is_none() {
            errors.add("group_filters", no_choice(&group.to_string()));
        }
    }
    errors.accept(())
}
