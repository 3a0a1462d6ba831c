//! Which mappings a list is narrowed down to.

use scimitar_domain::MappingKind;
use scimitar_store::mappings::MappingFilter;
use scimitar_store::{Conn, mappings};

use crate::error::ApiError;
use crate::field_errors::FieldErrors;
use crate::params::{Params, no_choice};

pub(super) fn read(params: &Params, kind: Option<MappingKind>) -> MappingFilter {
    MappingFilter {
        kind,
        name: params.owned("name"),
        managed: params.many("managed").map(str::to_owned).collect(),
        managed_is_null: params.flag("managed__isnull"),
    }
}

/// A key that no mapping has is no choice; clients that look for a mapping learn so that it is not there.
pub(super) fn check(conn: &mut Conn, filter: &MappingFilter) -> Result<(), ApiError> {
    let mut errors = FieldErrors::default();
    for managed in &filter.managed {
        let found = mappings::find_by_managed(conn, managed)?;
        if found.is_none_or(|found| filter.kind.is_some_and(|kind| found.kind != kind)) {
            errors.add("managed", no_choice(managed));
        }
    }
    errors.accept(())
}
