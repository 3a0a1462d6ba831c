//! Emptying a provider before it is removed, and holding it.

use diesel::prelude::*;
use scimitar_domain::ProviderPk;

use crate::schema::{links, providers, tombstones};
use crate::{Conn, StoreError, lessons};

/// What a provider that is being emptied still has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Remains {
    /// Resources that are still to be dealt with.
    pub open: i64,
    /// Deactivated ones, whose deletion comes later.
    pub waiting: i64,
}

/// From now on nothing is in the provider's scope.
pub fn drain(conn: &mut Conn, pk: ProviderPk) -> Result<(), StoreError> {
    let found = diesel::update(providers::table.find(pk.0))
        .set((
            providers::draining.eq(true),
            providers::held.eq(None::<String>),
            providers::revision.eq(providers::revision + 1),
        ))
        .execute(conn)?;
    if found == 0 { Err(StoreError::NotFound("provider")) } else { Ok(()) }
}

/// Send nothing until the provider is saved, for this reason.
pub fn hold(conn: &mut Conn, pk: ProviderPk, reason: &str) -> Result<(), StoreError> {
    diesel::update(providers::table.find(pk.0)).set(providers::held.eq(reason)).execute(conn)?;
    Ok(())
}

pub fn remains(conn: &mut Conn, pk: ProviderPk) -> Result<Remains, StoreError> {
    let at_remote = links::remote_id.is_not_null().or(links::creating);
    let theirs = links::table.filter(links::provider_pk.eq(pk.0)).filter(at_remote);
    let open: i64 = theirs.filter(links::departed_at.is_null()).count().get_result(conn)?;
    // What the remote does not delete is not waited for.
    let undeletable = lessons::undeletable(conn, pk)?;
    let to_go = theirs.filter(links::delete_at.is_not_null().and(links::kind.ne_all(undeletable.clone())));
    let waiting: i64 = to_go.count().get_result(conn)?;
    let stones = tombstones::table.filter(tombstones::provider_pk.eq(pk.0));
    let buried: i64 = stones.filter(tombstones::delete_at.is_null()).count().get_result(conn)?;
    let to_go = stones.filter(tombstones::delete_at.is_not_null().and(tombstones::kind.ne_all(undeletable)));
    let buried_waiting: i64 = to_go.count().get_result(conn)?;
    Ok(Remains { open: open + buried, waiting: waiting + buried_waiting })
}
