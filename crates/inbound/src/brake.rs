//! The brake: when a client deactivates or deletes many of its source's users at once, further ones wait until
//! somebody agrees.
//!
//! A misconfigured scope at the identity provider looks like everybody leaving. Whoever really leaves is deactivated
//! as always, up to the measure.

use chrono::TimeDelta;
use scimitar_domain::{Source, SourceId, Timestamp};
use scimitar_store::guards::{Guard, GuardLimits, Verdict};
use scimitar_store::{Conn, StoreError, source_guards};

use crate::access::Visit;
use crate::{Inbound, InboundError};

/// The time in which deactivations and deletions are counted.
const WINDOW: TimeDelta = TimeDelta::hours(1);
/// How long a release lets everything pass.
pub const RELEASED_FOR: TimeDelta = TimeDelta::hours(1);

/// What a source's guard lets pass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Brake {
    source: SourceId,
    limits: GuardLimits,
    now: Timestamp,
}

impl Brake {
    pub(crate) fn of(source: &Source, now: Timestamp) -> Self {
        let (floor, percent) = (source.fields.guard_floor, source.fields.guard_percent);
        let limits = GuardLimits { floor: floor.into(), percent: percent.into(), window: WINDOW };
        Self { source: source.id, limits, now }
    }

    /// Ask for the deactivation or deletion of one user. It counts when the unit succeeds.
    pub(crate) fn take(self, conn: &mut Conn) -> Result<(), InboundError> {
        if self.limits.percent >= 100 {
            return Ok(());
        }
        match source_guards::take(conn, self.source, self.limits, self.now)? {
            Verdict::Granted => Ok(()),
            Verdict::Held(guard) => Err(InboundError::Held(self.told(&guard))),
        }
    }

    fn told(self, guard: &Guard) -> String {
        let (room, managed) = (self.limits.room(guard.managed), guard.managed);
        format!(
            "deactivations and deletions are held: {room} of this source's {managed} users may go in an hour, and {} \
             have gone; an administrator of the service has to release the others",
            guard.taken.min(room)
        )
    }
}

impl Inbound {
    /// Note that a request was held, and tell people when it is the first.
    pub(crate) async fn note_held(&self, visit: &Visit, brake: Brake) {
        let noted = self
            .parts
            .store
            .write(move |conn| source_guards::hold(conn, brake.source, brake.limits, brake.now))
            .await;
        let slug = &visit.source.fields.slug;
        match noted {
            Ok(Some(guard)) => tracing::warn!(
                source = slug,
                "{}: `scimitar source release {slug}` or POST /api/v3/sources/scim/{slug}/release/",
                brake.told(&guard)
            ),
            Ok(None) => {}
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, source = slug, "a held request could not be noted");
            }
        }
    }

    /// Let pass what the guard of a source holds, and whatever else comes for an hour.
    pub async fn release(&self, source: SourceId) -> Result<(), StoreError> {
        let now = self.parts.clock.now();
        self.parts
            .store
            .write(move |conn| source_guards::release(conn, source, now + RELEASED_FOR, now))
            .await
    }
}
