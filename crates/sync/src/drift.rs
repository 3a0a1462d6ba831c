//! Comparing a remote with what was last sent to it.
//!
//! The remote is walked through once, page by page. What differs is written down; with repair it is sent again
//! through the ordinary path, and once only: what a remote makes of it the same way again is its own affair.

mod check;
mod compare;

use std::sync::Arc;

use chrono::TimeDelta;

use scimitar_domain::{DriftMode, ProviderPk};
use scimitar_queue::Verdict;
use scimitar_store::{StoreError, drift, jobs, providers};

use self::check::Check;
pub(crate) use self::check::Progress;
use crate::context::Context;
use crate::engine::{Engine, not_synced};
use crate::error::SyncError;
use crate::schedule;
use crate::work::Work;

/// The shortest time between two scheduled checks, and the longest.
const SHORTEST: TimeDelta = TimeDelta::minutes(1);
const LONGEST: TimeDelta = TimeDelta::days(365);

impl Engine {
    /// Start the checks that are due, and set when each is due again. Returns how many.
    pub async fn start_drift_checks(&self) -> Result<usize, SyncError> {
        let (now, keyring) = (self.parts().clock.now(), self.parts().keyring.clone());
        let due = self.parts().store.read(move |conn| drift::due(conn, now)).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let n_due = due.len();
        self.parts()
            .store
            .write(move |conn| {
                for provider in providers::find_many(conn, &keyring, &due)? {
                    let (pk, fields) = (provider.pk, &provider.fields);
                    let every = TimeDelta::from_std(fields.drift_check_every.duration()).unwrap_or(LONGEST);
                    let next = schedule::next(pk, now, every.clamp(SHORTEST, LONGEST));
                    drift::schedule(conn, pk, next)?;
                    let work = Work::Drift { provider: pk, repair: fields.drift_check == DriftMode::Repair };
                    jobs::enqueue(conn, &[work.job(now)], now)?;
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(n_due)
    }

    /// Compare the remote with what was last sent, now; with `repair`, what differs is to be sent again. Answers why
    /// nothing was compared, if so.
    pub async fn check_drift(&self, provider: ProviderPk, repair: bool) -> Result<Option<String>, SyncError> {
        let Some(context) = self.context(provider).await? else { return Ok(None) };
        let cause = not_synced(&context.provider).or_else(|| context.resting().map(|rest| rest.reason));
        if cause.is_some() {
            return Ok(cause);
        }
        let mut check = Check::begin(self.parts(), &context, repair).await?;
        let trouble = check.go_on().await.err();
        check.end(trouble.map(|trouble| trouble.explain())).await?;
        Ok(None)
    }

    /// The same as a job, which goes on after a rest of the remote from where it has come to.
    pub(crate) async fn drift(&self, context: &Arc<Context>, repair: bool) -> Result<Verdict, SyncError> {
        let mut halfway = context.drift.lock().await;
        let mut check = match halfway.take().filter(|progress| progress.is_for(repair)) {
            Some(progress) => Check::resume(self.parts(), context, progress),
            None => Check::begin(self.parts(), context, repair).await?,
        };
        let trouble = check.go_on().await.err();
        if trouble.is_some()
            && let Some(rest) = context.resting()
        {
            *halfway = Some(check.interrupt());
            return Ok(rest.into());
        }
        check.end(trouble.map(|trouble| trouble.explain())).await?;
        self.parts().recovered(context).await?;
        Ok(Verdict::Done)
    }
}
