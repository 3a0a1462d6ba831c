//! Rejecting what a guard holds: the objects stay at the remote as they are, and nobody is asked about them again
//! before something else would go too.
//!
//! Each of them carries the mark itself, so that whoever has it in hand sees it; a tombstone takes it over from its
//! link.

use diesel::prelude::*;
use scimitar_domain::{
    FailureClass, GuardDeed, GuardEvent, LinkId, ObjectKind, Provider, ProviderPk, Timestamp,
};

use super::{locked, note, write};
use crate::links::attempt::{LinkAttempt, TombstoneAttempt};
use crate::prepared::Prepared as _;
use crate::schema::{links, tombstones};
use crate::scope;
use crate::sql_types::{At, Key};
use crate::{Conn, StoreError};

/// Say of all that is held that it stays as it is. `by` is a user's name, or nobody for the command line. Answers how
/// many objects that are; where nothing is held, nothing is noted.
pub fn reject(
    conn: &mut Conn,
    provider: &Provider,
    by: Option<&str>,
    reason: &str,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let pk = provider.pk;
    let guard = locked(conn, pk, now)?;
    if guard.held_since.is_none() {
        return Ok(0);
    }
    mark(conn, provider, now)?;
    let n = count(conn, pk)?;
    write(conn, pk, &guard.rejected(by))?;
    let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let detail = format!("what was held stays as it is ({n}){why}");
    note(conn, pk, &GuardEvent { at: now, deed: GuardDeed::Rejected, actor: by.map(str::to_owned), detail })?;
    Ok(n)
}

/// Mark what is held: what has left the scope, what was held by itself, what deleted objects have left behind, and
/// what was rejected before.
fn mark(conn: &mut Conn, provider: &Provider, now: Timestamp) -> Result<(), StoreError> {
    scope::reject_departed(conn, provider, now)?;
    let held = links::attempt_class.is_not_null().and(links::attempt_class.eq(FailureClass::Held.as_str()));
    let theirs = links::table.filter(links::provider_pk.eq(provider.pk.0));
    diesel::update(theirs.filter(held.or(links::rejected_at.is_not_null())))
        .set((links::rejected_at.eq(At(now)), LinkAttempt::cleared()))
        .execute(conn)?;
    let kinds = [ObjectKind::User, ObjectKind::Group];
    let kinds = kinds.into_iter().filter(|kind| provider.fields.deprovisioning(*kind).is_destructive());
    let is_due = tombstones::delete_at.is_null().or(tombstones::delete_at.le(At(now)));
    diesel::update(tombstones::table.filter(tombstones::provider_pk.eq(provider.pk.0)))
        .filter(tombstones::kind.eq_any(kinds.map(ObjectKind::as_str).collect::<Vec<_>>()))
        .filter(is_due)
        .set((tombstones::rejected_at.eq(At(now)), TombstoneAttempt::cleared()))
        .execute(conn)?;
    Ok(())
}

/// How many objects of a provider stay as they are because somebody said so.
pub(super) fn count(conn: &mut Conn, provider: ProviderPk) -> Result<i64, StoreError> {
    let linked: i64 = links::table
        .filter(links::provider_pk.eq(provider.0).and(links::rejected_at.is_not_null()))
        .count()
        .get_result(conn)?;
    let buried: i64 = tombstones::table
        .filter(tombstones::provider_pk.eq(provider.0).and(tombstones::rejected_at.is_not_null()))
        .count()
        .get_result(conn)?;
    Ok(linked + buried)
}

/// What was rejected is to be looked at again, as though nobody had said anything.
pub(super) fn forget(conn: &mut Conn, provider: ProviderPk) -> Result<(), StoreError> {
    diesel::update(links::table)
        .filter(links::provider_pk.eq(provider.0).and(links::rejected_at.is_not_null()))
        .set((links::rejected_at.eq(None::<At>), links::synced_version.eq(0)))
        .execute(conn)?;
    diesel::update(tombstones::table)
        .filter(tombstones::provider_pk.eq(provider.0).and(tombstones::rejected_at.is_not_null()))
        .set(tombstones::rejected_at.eq(None::<At>))
        .execute(conn)?;
    Ok(())
}

/// An object whose leaving was rejected is wanted again. Changes nothing when the fence does not hold.
pub fn come_back(conn: &mut Conn, link: LinkId, epoch: i64) -> Result<(), StoreError> {
    diesel::update(links::table.find(Key::from(link)).filter(links::lease_epoch.eq(epoch)))
        .set(links::rejected_at.eq(None::<At>))
        .prepared()
        .execute(conn)?;
    Ok(())
}
