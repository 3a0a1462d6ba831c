//! Approving what a guard holds; by two people where the provider asks for four eyes.

use chrono::TimeDelta;
use diesel::prelude::*;
use scimitar_domain::{FailureClass, GuardDeed, GuardEvent, ProviderPk, Timestamp};

use super::{events, locked, note, rejection, write};
use crate::prepared::Prepared as _;
use crate::schema::{links, providers};
use crate::sql_types::At;
use crate::{Conn, StoreError};

/// Whoever saved the provider so shortly before something was held has brought it about.
const BROUGHT_ABOUT: TimeDelta = TimeDelta::hours(1);
/// Events that are looked at.
const LOOKED_AT: i64 = 200;

/// What became of an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    Given,
    /// Why not, and who can.
    Refused(String),
}

/// Let pass whatever is destructive until then, what is held included: it is due again. `by` is a user's name, or
/// nobody for the command line.
///
/// With four eyes, the one who approves must not be the one who brought it about: who saved the provider shortly
/// before. Where nobody did, because the directory has changed, two have to approve.
pub fn approve(
    conn: &mut Conn,
    provider: ProviderPk,
    by: Option<&str>,
    until: Timestamp,
    now: Timestamp,
) -> Result<Approval, StoreError> {
    let guard = locked(conn, provider, now)?;
    let needs_two: bool = providers::table.find(provider.0).select(providers::four_eyes).first(conn)?;
    let record = |deed: GuardDeed, detail: &str| GuardEvent {
        at: now,
        deed,
        actor: by.map(str::to_owned),
        detail: detail.to_owned(),
    };
    if needs_two {
        let others = parties(conn, provider, guard.held_since, now)?;
        if let Err((deed, detail)) = second_opinion(by, &others) {
            note(conn, provider, &record(deed, &detail))?;
            return Ok(Approval::Refused(detail));
        }
    }
    let held = guard.held;
    write(conn, provider, &guard.approved(until))?;
    rejection::forget(conn, provider)?;
    diesel::update(links::table)
        .filter(links::provider_pk.eq(provider.0))
        .filter(links::attempt_class.eq(FailureClass::Held.as_str()))
        .set(links::attempt_next_at.eq(At(now)))
        .prepared()
        .execute(conn)?;
    let what = format!("what was held ({held}) and what comes within an hour may go");
    note(conn, provider, &record(GuardDeed::Approved, &what))?;
    Ok(Approval::Given)
}

/// Who has brought about what is held, or has approved it already, since the last approval.
fn parties(
    conn: &mut Conn,
    provider: ProviderPk,
    held_since: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let changed_since = held_since.unwrap_or(now) - BROUGHT_ABOUT;
    // What was rejected is held no more, and may be approved all the same.
    let asked_since = held_since.unwrap_or(changed_since);
    let (mut parties, mut is_rejected) = (Vec::new(), false);
    for event in events(conn, provider, LOOKED_AT)? {
        let is_party = match event.deed {
            GuardDeed::Approved => break,
            GuardDeed::Changed => event.at >= changed_since,
            // Who approved what was rejected afterwards has approved nothing.
            GuardDeed::Asked => event.at >= asked_since && !is_rejected,
            GuardDeed::Rejected => {
                is_rejected = true;
                false
            }
            GuardDeed::Held | GuardDeed::Refused => false,
        };
        if is_party {
            parties.extend(event.actor.filter(|name| !parties.contains(name)));
        }
    }
    Ok(parties)
}

/// Whether this is the approval of another person; else what is to be noted and said.
fn second_opinion(by: Option<&str>, parties: &[String]) -> Result<(), (GuardDeed, String)> {
    let named = parties.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match by {
        None => {
            let but = if parties.is_empty() { String::new() } else { format!(" other than {named}") };
            let detail = format!(
                "this provider asks for four eyes, and the command line is nobody: an administrator{but} has to \
                 approve through the API"
            );
            Err((GuardDeed::Refused, detail))
        }
        Some(name) if parties.is_empty() => {
            let detail = format!(
                "this provider asks for four eyes: the approval of `{name}` is noted, and an administrator other than \
                 `{name}` has to approve too"
            );
            Err((GuardDeed::Asked, detail))
        }
        Some(name) if parties.iter().any(|party| party == name) => {
            let detail = format!(
                "this provider asks for four eyes, and `{name}` has made the change or asked for it: an administrator \
                 other than {named} has to approve"
            );
            Err((GuardDeed::Refused, detail))
        }
        Some(_) => Ok(()),
    }
}
