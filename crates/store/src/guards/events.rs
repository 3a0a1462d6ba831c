//! The record of a guard: what was held, and who changed, approved or refused.

use diesel::prelude::*;
use scimitar_domain::{GuardDeed, GuardEvent, ProviderPk};

use crate::schema::guard_events;
use crate::sql_types::At;
use crate::{Conn, StoreError};

/// Events of a provider that are kept.
const KEPT: i64 = 200;

/// Note what happened, and forget what is too far back.
pub fn note(conn: &mut Conn, provider: ProviderPk, event: &GuardEvent) -> Result<(), StoreError> {
    diesel::insert_into(guard_events::table)
        .values((
            guard_events::provider_pk.eq(provider.0),
            guard_events::at.eq(At(event.at)),
            guard_events::deed.eq(event.deed.as_str()),
            guard_events::actor.eq(event.actor.as_deref()),
            guard_events::detail.eq(&event.detail),
        ))
        .execute(conn)?;
    let theirs = guard_events::table.filter(guard_events::provider_pk.eq(provider.0));
    let last: Option<i64> =
        theirs.order(guard_events::id.desc()).offset(KEPT).select(guard_events::id).first(conn).optional()?;
    if let Some(last) = last {
        diesel::delete(theirs.filter(guard_events::id.le(last))).execute(conn)?;
    }
    Ok(())
}

/// The newest events of a provider, the newest first.
pub fn events(conn: &mut Conn, provider: ProviderPk, limit: i64) -> Result<Vec<GuardEvent>, StoreError> {
    let rows: Vec<Row> = guard_events::table
        .filter(guard_events::provider_pk.eq(provider.0))
        .order(guard_events::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::into_event).collect()
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = guard_events)]
struct Row {
    id: i64,
    at: At,
    deed: String,
    actor: Option<String>,
    detail: String,
}

impl Row {
    fn into_event(self) -> Result<GuardEvent, StoreError> {
        let deed: GuardDeed = self
            .deed
            .parse()
            .map_err(|_unknown| StoreError::inconsistent("guard_events", "deed", &self.id))?;
        Ok(GuardEvent { at: self.at.0, deed, actor: self.actor, detail: self.detail })
    }
}
