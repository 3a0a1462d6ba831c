//! Which applications a list is narrowed down to.

use scimitar_domain::UserPk;
use scimitar_store::applications::ApplicationFilter;
use scimitar_store::{Conn, users};

use crate::error::ApiError;
use crate::field_errors::FieldErrors;
use crate::params::Params;

/// The filter, and the user whose applications are asked for.
pub(super) fn read(params: &Params) -> Result<(ApplicationFilter, Option<UserPk>), ApiError> {
    let mut errors = FieldErrors::default();
    let for_user = params.number("for_user", &mut errors).map(|pk| UserPk(i32::try_from(pk).unwrap_or(-1)));
    let filter = ApplicationFilter {
        name: params.owned("name"),
        slug: params.owned("slug"),
        meta_launch_url: params.owned("meta_launch_url"),
        meta_description: params.owned("meta_description"),
        meta_publisher: params.owned("meta_publisher"),
        group: params.owned("group"),
        only_with_launch_url: params.flag("only_with_launch_url").unwrap_or_default(),
    };
    errors.accept((filter, for_user))
}

/// There are no policies that give one user other applications than another; the user must exist, though.
pub(super) fn check(conn: &mut Conn, for_user: Option<UserPk>) -> Result<(), ApiError> {
    let Some(user) = for_user else { return Ok(()) };
    users::find(conn, user)?.map(drop).ok_or_else(|| ApiError::field("for_user", "User not found"))
}
