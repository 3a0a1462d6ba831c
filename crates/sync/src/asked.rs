//! One object brought in step at once, because a person asks for it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use scimitar_domain::{JsonObject, ObjectId, ProviderPk, Timestamp};
use scimitar_store::lanes;

use crate::batch::{Batch, Origin};
use crate::context::Context;
use crate::engine::{Engine, not_synced};
use crate::error::SyncError;
use crate::gate::Rest;
use crate::report::{LogEvent, LogLevel, ObjectReport, Outcome};
use crate::status;
use crate::trace::Trace;
use crate::work::lane_of;

/// Between two looks at an object that another worker has in hand. The pause doubles up to the second figure.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

impl Engine {
    /// Bring one object in step now, whatever the queue holds. An object out of scope gives nothing; with
    /// `dry_run` on the provider, and not overridden, nothing is written. A provider that is not synced sends
    /// nothing here either, and says why.
    ///
    /// Otherwise each HTTP exchange is told, and what came of it. What another worker has in hand is waited for: an
    /// answer without a warning or an error means that the remote has the object as it was when the request came, or
    /// newer.
    pub async fn sync_object(
        &self,
        provider: ProviderPk,
        object: ObjectId,
        override_dry_run: bool,
    ) -> Result<Vec<LogEvent>, SyncError> {
        let Some(context) = self.context(provider).await? else { return Ok(Vec::new()) };
        if let Some(reason) = not_synced(&context.provider) {
            return Ok(vec![status::stopped(&reason, self.parts().clock.now())]);
        }
        if context.provider.fields.dry_run && !override_dry_run {
            return Ok(events(self.parts().preview(&context, vec![object]).await?));
        }
        if let Some(rests) = self.rests(provider).await? {
            return Ok(vec![rests]);
        }
        let trace = Trace::of_all(Arc::clone(&self.parts().clock));
        let told = self.in_step(&context.traced(trace.clone()), &trace, object).await?;
        if let Some(rest) = context.resting() {
            self.tell_others(provider, rest).await?;
        }
        Ok(told)
    }

    /// What an earlier answer has made the whole lane wait for, whichever process got it.
    async fn rests(&self, provider: ProviderPk) -> Result<Option<LogEvent>, SyncError> {
        let (lane, now) = (lane_of(provider), self.parts().clock.now());
        let lane = self.parts().store.read(move |conn| lanes::find(conn, &lane)).await?;
        Ok(lane.and_then(|lane| {
            let until = lane.paused_until.filter(|until| *until > now)?;
            let (reason, class) = (lane.reason.unwrap_or_default(), lane.class.unwrap_or_default());
            Some(status::rests(&reason, &class, until, now))
        }))
    }

    /// A job that meets a rest pauses its lane. Here there is none, and the next job may be another process's.
    async fn tell_others(&self, provider: ProviderPk, rest: Rest) -> Result<(), SyncError> {
        let (lane, now) = (lane_of(provider), self.parts().clock.now());
        let paused = self
            .parts()
            .store
            .write(move |conn| lanes::pause(conn, &lane, rest.until, rest.class.as_str(), &rest.reason, now));
        paused.await?;
        Ok(())
    }

    async fn in_step(
        &self,
        context: &Arc<Context>,
        trace: &Trace,
        object: ObjectId,
    ) -> Result<Vec<LogEvent>, SyncError> {
        let parts = self.parts();
        // As long as the lease of a worker that is dead: then the object is free.
        let patience = parts.settings.lease.to_std().unwrap_or_default() + LONGEST_PAUSE;
        let (mut waited, mut pause) = (Duration::ZERO, PAUSE);
        loop {
            let mut reports = Batch::new(parts, context, Origin::Page).sync(vec![object]).await?;
            let now = parts.clock.now();
            if reports.iter().all(|report| report.outcome != Outcome::Waiting) {
                for report in reports.iter_mut().filter(|report| report.is_concerned) {
                    trace.tell(report, now);
                    tell_step(report, now);
                }
                return Ok(events(reports));
            }
            if let Some(rest) = context.resting() {
                return Ok(vec![status::rests(&rest.reason, rest.class.as_str(), rest.until, now)]);
            }
            if waited >= patience {
                return Ok(vec![status::in_other_hands(object, now)]);
            }
            tokio::time::sleep(pause).await;
            waited += pause;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }
}

/// What came of it, in one sentence. A failure has told its own.
fn tell_step(report: &mut ObjectReport, now: Timestamp) {
    let what = match report.outcome {
        Outcome::Kept => "was in step already",
        Outcome::Created => "was created",
        Outcome::Adopted => "was found at the remote and taken over",
        Outcome::Updated => "was brought up to date",
        Outcome::Deleted => "was deleted",
        Outcome::Skipped => "is left alone, as its mapping says",
        Outcome::Failed | Outcome::Waiting | Outcome::Outdated => return,
    };
    let event = format!("{} {} {what}", report.object.kind().as_str(), report.label);
    let mut attributes = JsonObject::new();
    attributes.insert("step".to_owned(), json!(report.outcome.as_str()));
    attributes.insert("member_changes".to_owned(), json!(report.member_changes));
    report.tell(now, LogLevel::Info, event, attributes);
}

fn events(reports: Vec<ObjectReport>) -> Vec<LogEvent> {
    reports.into_iter().flat_map(|report| report.events).collect()
}
