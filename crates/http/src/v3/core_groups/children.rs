//! The groups right below others.

use scimitar_domain::{Group, GroupId};
use scimitar_store::{Conn, StoreError};

/// The children of the groups, each naming its parent.
#[expect(clippy::unnecessary_wraps, reason = "the store answers this once it can look downwards")]
pub(super) fn of(_: &mut Conn, _: &[GroupId]) -> Result<Vec<Group>, StoreError> {
    Ok(Vec::new())
}
