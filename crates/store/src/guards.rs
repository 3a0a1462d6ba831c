//! Guards: how much of what a provider manages may be deleted or deactivated before somebody has agreed.
//!
//! A guard counts destructive steps in a window of time. When more are asked for than the window has room for, it
//! holds; from then on nothing is granted until somebody approves or there is nothing destructive left to do. So a
//! mistake does not trickle through, a window at a time. A provider's guard holds as well what looks suspicious,
//! whatever its number, and keeps a record of what happened to it.

mod approval;
mod events;
mod rejection;

use chrono::TimeDelta;
use diesel::prelude::*;
use scimitar_domain::{FailureClass, GuardDeed, GuardEvent, ProviderPk, Timestamp};

pub use self::approval::{Approval, approve};
pub use self::events::{events, note};
pub use self::rejection::{come_back, reject};
use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::prepared::Prepared as _;
use crate::schema::{guards, links, tombstones};
use crate::sql_types::At;

/// So many steps in a window never take too much of the whole: few objects go because somebody wants them to.
const FEW: i64 = 3;

/// How much a guard lets pass by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardLimits {
    /// So many steps in a window always pass.
    pub floor: i64,
    /// So many of a hundred managed objects as well. With 100, nothing is ever held.
    pub percent: i64,
    pub window: TimeDelta,
}

/// A provider's guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// When the window began.
    pub since: Timestamp,
    /// Objects that the remote held for us then.
    pub managed: i64,
    /// Destructive steps that were granted since.
    pub taken: i64,
    /// Destructive steps that were asked for at once, or one by one, and held.
    pub held: i64,
    pub held_since: Option<Timestamp>,
    pub approved_until: Option<Timestamp>,
    /// What is suspicious about what is held, if it is not its number.
    pub reason: Option<String>,
    /// Who has rejected what is marked as rejected; nobody for the command line.
    pub rejected_by: Option<String>,
}

/// Whether destructive steps may be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Granted,
    Held(Guard),
}

impl GuardLimits {
    /// Destructive steps that pass in a window with so many managed objects.
    pub fn room(&self, managed: i64) -> i64 {
        self.floor.max(managed.saturating_mul(self.percent) / 100)
    }

    /// The same for a provider, where most of what is managed never goes by itself: the floor is more than all that a
    /// small one has.
    pub fn room_within_half(&self, managed: i64) -> i64 {
        self.room(managed).min(FEW.max(managed / 2))
    }
}

impl Guard {
    /// A window that begins now.
    pub(crate) fn begun(managed: i64, now: Timestamp) -> Self {
        Self {
            since: now,
            managed,
            taken: 0,
            held: 0,
            held_since: None,
            approved_until: None,
            reason: None,
            rejected_by: None,
        }
    }

    /// With everything that is held let pass, and what comes until then.
    pub(crate) fn approved(self, until: Timestamp) -> Self {
        Self { held: 0, held_since: None, approved_until: Some(until), reason: None, ..self }
    }

    /// With nothing held, and nothing let pass.
    fn rejected(self, by: Option<&str>) -> Self {
        let rejected_by = by.map(str::to_owned);
        Self { held: 0, held_since: None, approved_until: None, reason: None, rejected_by, ..self }
    }

    fn is_approved(&self, now: Timestamp) -> bool {
        self.approved_until.is_some_and(|until| now < until)
    }

    /// Whether a new window begins. What is held does not trickle through, a window at a time.
    pub(crate) fn is_over(&self, limits: GuardLimits, now: Timestamp) -> bool {
        self.held_since.is_none() && now >= self.since + limits.window
    }

    /// Whether `n` more are granted; with `counts`, they count as taken or held.
    pub(crate) fn ask(&mut self, n: i64, counts: bool, limits: GuardLimits, now: Timestamp) -> bool {
        self.ask_for(n, counts, None, limits.room(self.managed), now)
    }

    /// The same for what may be suspicious, whatever its number.
    fn ask_for(&mut self, n: i64, counts: bool, suspicion: Option<&str>, room: i64, now: Timestamp) -> bool {
        let fits = suspicion.is_none() && self.held_since.is_none() && self.taken.saturating_add(n) <= room;
        let granted = fits || self.is_approved(now);
        if granted && counts {
            self.taken = self.taken.saturating_add(n);
        }
        if !granted {
            self.held = if counts { self.held.saturating_add(n) } else { self.held.max(n) };
            self.held_since = self.held_since.or(Some(now));
            self.reason = self.reason.take().or_else(|| suspicion.map(str::to_owned));
        }
        granted
    }
}

/// Ask for one destructive step. When it is granted it counts. With a `suspicion` it needs an approval.
pub fn take(
    conn: &mut Conn,
    provider: ProviderPk,
    suspicion: Option<&str>,
    limits: GuardLimits,
    now: Timestamp,
) -> Result<Verdict, StoreError> {
    ask(conn, provider, (1, true), suspicion, limits, now)
}

/// A step that was granted took nothing away: it was refused, or never sent. It does not count.
pub fn give_back(conn: &mut Conn, provider: ProviderPk) -> Result<(), StoreError> {
    diesel::update(guards::table.find(provider.0))
        .filter(guards::taken.gt(0))
        .set(guards::taken.eq(guards::taken - 1))
        .prepared()
        .execute(conn)?;
    Ok(())
}

/// Ask whether so many destructive steps could be taken one after the other. Nothing is counted; but when there
/// are too many, or they look suspicious, all of them are held.
pub fn look_ahead(
    conn: &mut Conn,
    provider: ProviderPk,
    n: i64,
    suspicion: Option<&str>,
    limits: GuardLimits,
    now: Timestamp,
) -> Result<Verdict, StoreError> {
    ask(conn, provider, (n, false), suspicion, limits, now)
}

fn ask(
    conn: &mut Conn,
    provider: ProviderPk,
    (n, counts): (i64, bool),
    suspicion: Option<&str>,
    limits: GuardLimits,
    now: Timestamp,
) -> Result<Verdict, StoreError> {
    let mut guard = locked(conn, provider, now)?;
    if guard.is_over(limits, now) {
        let Guard { approved_until, rejected_by, .. } = guard;
        guard = Guard { approved_until, rejected_by, ..begun(conn, provider, now)? };
    }
    let was_held = guard.held_since.is_some();
    let is_more = guard.taken.saturating_add(n) > limits.room_within_half(guard.managed);
    if is_more && !was_held && !guard.is_approved(now) {
        // The provider may have grown since the window began. Counted only here, because counting takes time.
        guard.managed = guard.managed.max(managed(conn, provider)?);
    }
    let room = limits.room_within_half(guard.managed);
    let granted = guard.ask_for(n, counts, suspicion, room, now);
    if !granted && !was_held && counts {
        // Whoever is asked anew is asked about all.
        guard.held = guard.held.saturating_add(rejection::count(conn, provider)?);
    }
    write(conn, provider, &guard)?;
    if !granted && !was_held {
        let many = || format!("{room} of {} managed objects may go without approval", guard.managed);
        let detail = guard.reason.clone().unwrap_or_else(many);
        note(conn, provider, &GuardEvent { at: now, deed: GuardDeed::Held, actor: None, detail })?;
    }
    Ok(if granted { Verdict::Granted } else { Verdict::Held(guard) })
}

/// Where nothing destructive is left to do, nothing is held any more.
pub fn clear(conn: &mut Conn, provider: ProviderPk) -> Result<(), StoreError> {
    let held: i64 = links::table
        .filter(links::provider_pk.eq(provider.0).and(links::attempt_class.is_not_null()))
        .filter(links::attempt_class.eq(FailureClass::Held.as_str()))
        .count()
        .get_result(conn)?;
    if held > 0 {
        return Ok(());
    }
    diesel::update(guards::table.find(provider.0))
        .filter(guards::held_since.is_not_null())
        .set((guards::held_since.eq(None::<At>), guards::held.eq(0), guards::reason.eq(None::<String>)))
        .prepared()
        .execute(conn)?;
    Ok(())
}

pub fn find(conn: &mut Conn, provider: ProviderPk) -> Result<Option<Guard>, StoreError> {
    let row: Option<GuardRow> =
        guards::table.find(provider.0).select(GuardRow::as_select()).first(conn).optional()?;
    Ok(row.map(Guard::from))
}

/// The guard, which nobody else changes until the end of the unit. One that is not there yet is made first: of two
/// who find none, each would count for itself.
fn locked(conn: &mut Conn, provider: ProviderPk, now: Timestamp) -> Result<Guard, StoreError> {
    if let Some(guard) = lock(conn, provider)? {
        return Ok(guard);
    }
    let row = GuardRow::new(provider, &begun(conn, provider, now)?);
    on_backend!(conn, |conn| diesel::insert_into(guards::table)
        .values(&row)
        .on_conflict(guards::provider_pk)
        .do_nothing()
        .execute(conn))?;
    lock(conn, provider)?.ok_or(StoreError::NotFound("provider"))
}

fn lock(conn: &mut Conn, provider: ProviderPk) -> Result<Option<Guard>, StoreError> {
    let row: Option<GuardRow> = match conn {
        Conn::Postgres(conn) => {
            let query = guards::table.find(provider.0).select(GuardRow::as_select());
            query.for_update().first(conn).optional()?
        }
        Conn::Sqlite(conn) => {
            guards::table.find(provider.0).select(GuardRow::as_select()).first(conn).optional()?
        }
    };
    Ok(row.map(Guard::from))
}

/// A window that begins now.
fn begun(conn: &mut Conn, provider: ProviderPk, now: Timestamp) -> Result<Guard, StoreError> {
    Ok(Guard::begun(managed(conn, provider)?, now))
}

/// Objects that the remote holds for us, with those that are deleted here and wait for their deletion there.
fn managed(conn: &mut Conn, provider: ProviderPk) -> Result<i64, StoreError> {
    let known = links::table.filter(links::provider_pk.eq(provider.0).and(links::remote_id.is_not_null()));
    let buried = tombstones::table
        .filter(tombstones::provider_pk.eq(provider.0).and(tombstones::remote_id.is_not_null()));
    let (known, buried): (i64, i64) = (known.count().get_result(conn)?, buried.count().get_result(conn)?);
    Ok(known + buried)
}

fn write(conn: &mut Conn, provider: ProviderPk, guard: &Guard) -> Result<(), StoreError> {
    let row = GuardRow::new(provider, guard);
    on_backend!(conn, |conn| diesel::insert_into(guards::table)
        .values(&row)
        .on_conflict(guards::provider_pk)
        .do_update()
        .set(&row)
        .execute(conn))?;
    Ok(())
}

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = guards, primary_key(provider_pk), treat_none_as_null = true, treat_none_as_default_value = false)]
struct GuardRow {
    provider_pk: i32,
    since: At,
    managed: i64,
    taken: i64,
    held: i64,
    held_since: Option<At>,
    approved_until: Option<At>,
    reason: Option<String>,
    rejected_by: Option<String>,
}

impl GuardRow {
    fn new(provider: ProviderPk, guard: &Guard) -> Self {
        Self {
            provider_pk: provider.0,
            since: At(guard.since),
            managed: guard.managed,
            taken: guard.taken,
            held: guard.held,
            held_since: guard.held_since.map(At),
            approved_until: guard.approved_until.map(At),
            reason: guard.reason.clone(),
            rejected_by: guard.rejected_by.clone(),
        }
    }
}

impl From<GuardRow> for Guard {
    fn from(row: GuardRow) -> Self {
        Self {
            since: row.since.0,
            managed: row.managed,
            taken: row.taken,
            held: row.held,
            held_since: row.held_since.map(|at| at.0),
            approved_until: row.approved_until.map(|at| at.0),
            reason: row.reason,
            rejected_by: row.rejected_by,
        }
    }
}
