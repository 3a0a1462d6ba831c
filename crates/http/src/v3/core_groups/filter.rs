//! How a list of groups is narrowed down.

use scimitar_domain::UserPk;
use scimitar_store::groups::GroupFilter;
use scimitar_store::{Conn, users};

use crate::error::ApiError;
use crate::field_errors::FieldErrors;
use crate::params::{Params, no_choice};

pub(super) fn read(params: &Params) -> Result<GroupFilter, ApiError> {
    let mut errors = FieldErrors::default();
    let mut members_by_pk = Vec::new();
    for text in params.many("members_by_pk") {
        match text.trim().parse() {
            Ok(pk) => members_by_pk.push(UserPk(pk)),
            Err(_) => errors.add("members_by_pk", format!("“{text}” is not a valid value.")),
        }
    }
    let filter = GroupFilter {
        name: params.owned("name"),
        is_superuser: params.flag("is_superuser"),
        members_by_pk,
        members_by_username: params.many("members_by_username").map(str::to_owned).collect(),
        attributes: params.attributes()?,
    };
    errors.accept(filter)
}

/// Users to filter by must exist.
pub(super) fn check(conn: &mut Conn, filter: &GroupFilter) -> Result<(), ApiError> {
    let mut errors = FieldErrors::default();
    for pk in &filter.members_by_pk {
        if users::find(conn, *pk)?.is_none() {
            errors.add("members_by_pk", no_choice(&pk.to_string()));
        }
    }
    for username in &filter.members_by_username {
        if users::find_by_username(conn, username)?.is_none() {
            errors.add("members_by_username", no_choice(username));
        }
    }
    errors.accept(())
}
