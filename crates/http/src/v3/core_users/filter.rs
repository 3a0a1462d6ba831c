//! How a list of users is narrowed down.

use scimitar_domain::{GroupId, UserUuid};
use scimitar_store::users::{Span, UserFilter};
use scimitar_store::{Conn, groups};

use crate::error::ApiError;
use crate::field_errors::FieldErrors;
use crate::params::{Params, no_choice};

pub(super) fn read(params: &Params) -> Result<UserFilter, ApiError> {
    let mut errors = FieldErrors::default();
    let filter = UserFilter {
        username: params.owned("username"),
        email: params.owned("email"),
        name: params.owned("name"),
        is_active: params.flag("is_active"),
        is_superuser: params.flag("is_superuser"),
        uuid: params.uuid("uuid", &mut errors).map(UserUuid),
        path: params.owned("path"),
        path_startswith: params.owned("path_startswith"),
        kinds: params.choices("type", &mut errors),
        groups_by_name: params.many("groups_by_name").map(str::to_owned).collect(),
        groups_by_pk: params.references("groups_by_pk", &mut errors).into_iter().map(GroupId).collect(),
        attributes: params.attributes()?,
        date_joined: span(params, "date_joined", &mut errors),
        last_updated: span(params, "last_updated", &mut errors),
        last_login: span(params, "last_login", &mut errors),
        is_without_login: params.flag("last_login__isnull"),
    };
    refuse_roles(params, &mut errors);
    errors.accept(filter)
}

fn span(params: &Params, name: &str, errors: &mut FieldErrors) -> Span {
    Span {
        at: params.moment(name, errors),
        after: params.moment(&format!("{name}__gt"), errors),
        before: params.moment(&format!("{name}__lt"), errors),
    }
}

/// There are no roles, so none can be chosen.
fn refuse_roles(params: &Params, errors: &mut FieldErrors) {
    for id in params.references("roles_by_pk", errors) {
        errors.add("roles_by_pk", no_choice(&id.to_string()));
    }
    for name in params.many("roles_by_name") {
        errors.add("roles_by_name", no_choice(name));
    }
}

/// Groups to filter by must exist.
pub(super) fn check(conn: &mut Conn, filter: &UserFilter) -> Result<(), ApiError> {
    let mut errors = FieldErrors::default();
    for name in &filter.groups_by_name {
        if groups::find_by_name(conn, name)?.is_none() {
            errors.add("groups_by_name", no_choice(name));
        }
    }
    for id in &filter.groups_by_pk {
        if groups::find(conn, *id)?.is_none() {
            errors.add("groups_by_pk", no_choice(&id.to_string()));
        }
    }
    errors.accept(())
}
