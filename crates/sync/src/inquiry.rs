//! What a remote says that it can do: asked now and then, and taken for what it was where it cannot say.

use chrono::TimeDelta;
use serde_json::Value;

use scimitar_client::Disposition;
use scimitar_domain::Timestamp;
use scimitar_scim::Capabilities;

use crate::capabilities::SaidBy;
use crate::context::Context;
use crate::failure::Trouble;

/// After so many questions in a row without an answer what was known before holds on, or nothing is known: some
/// services fail at nothing but this. Until then it is an outage like any other.
const FRUITLESS_QUESTIONS: u32 = 3;
/// How long until it is asked again.
const ASKED_AGAIN: TimeDelta = TimeDelta::minutes(5);

/// What is known, as long as it is fresh.
#[derive(Default)]
pub(crate) struct Inquiry {
    known: Option<Known>,
    /// Questions in a row that failed.
    fruitless: u32,
}

struct Known {
    said: Capabilities,
    until: Timestamp,
    /// Why it could not be asked again.
    trouble: Option<String>,
}

impl Inquiry {
    fn fresh(&self, now: Timestamp) -> Option<&Known> {
        self.known.as_ref().filter(|known| known.until > now)
    }

    /// What holds for a while, if it has failed often enough.
    fn give_up(&mut self, trouble: &Trouble, now: Timestamp) -> Option<Capabilities> {
        if !is_about_the_question(trouble) {
            return None;
        }
        self.fruitless = self.fruitless.saturating_add(1);
        if self.fruitless < FRUITLESS_QUESTIONS {
            return None;
        }
        let said = self.known.as_ref().map(|known| known.said).unwrap_or_default();
        self.known = Some(Known { said, until: now + ASKED_AGAIN, trouble: Some(trouble.explain()) });
        Some(said)
    }
}

/// A remote that cannot be reached, asks for rest or wants other credentials does so for everything.
fn is_about_the_question(trouble: &Trouble) -> bool {
    let Trouble::Client(error) = trouble else { return false };
    let rests = matches!(error.disposition(), Disposition::PauseProvider { .. });
    error.may_have_happened() && !rests
}

impl Context {
    /// What the remote can do, by all that is known of it.
    pub(crate) async fn capabilities(&self) -> Result<Capabilities, Trouble> {
        Ok(self.amended(self.said().await?))
    }

    pub(crate) fn amended(&self, said: Capabilities) -> Capabilities {
        match self.said_by() {
            SaidBy::Override => self.profile.complete(said),
            SaidBy::Remote | SaidBy::Nobody => self.profile.amend(said),
        }
    }

    pub(crate) fn said_by(&self) -> SaidBy {
        if !self.provider.fields.service_provider_config_override.is_empty() {
            SaidBy::Override
        } else if self.profile.discovery.is_empty() {
            SaidBy::Nobody
        } else {
            SaidBy::Remote
        }
    }

    /// What the remote says that it can do. Asked once per `service_provider_config_cache_timeout`; concurrent
    /// callers wait for one answer.
    pub(crate) async fn said(&self) -> Result<Capabilities, Trouble> {
        let fields = &self.provider.fields;
        match self.said_by() {
            SaidBy::Override => {
                let instead = Value::Object(fields.service_provider_config_override.clone());
                return Ok(Capabilities::read(&instead));
            }
            SaidBy::Nobody => return Ok(Capabilities::default()),
            SaidBy::Remote => {}
        }
        let route = self.profile.discovery.as_str();
        let mut inquiry = self.inquiry.lock().await;
        let now = self.clock.now();
        if let Some(known) = inquiry.fresh(now) {
            return Ok(known.said);
        }
        let answer = self.call(|client| async move { client.service_provider_config_at(route).await }).await;
        let said = match answer {
            Ok(said) => {
                let lasts = fields.service_provider_config_cache_timeout.duration();
                let lasts = TimeDelta::from_std(lasts).unwrap_or(TimeDelta::days(365));
                let known = Known { said, until: now + lasts, trouble: None };
                *inquiry = Inquiry { known: Some(known), fruitless: 0 };
                said
            }
            Err(trouble) => {
                let Some(said) = inquiry.give_up(&trouble, now) else { return Err(trouble) };
                let (pk, reason) = (self.provider.pk, trouble.explain());
                tracing::warn!(provider.pk = pk.0, "provider {pk} does not say what it can do: {reason}");
                said
            }
        };
        self.together.offer(self.limits(&self.amended(said)).is_some());
        Ok(said)
    }

    /// Why the remote could not be asked again, where what it has said before holds on, or nothing is known.
    pub(crate) async fn silence(&self) -> Option<String> {
        let inquiry = self.inquiry.lock().await;
        inquiry.fresh(self.clock.now()).and_then(|known| known.trouble.clone())
    }
}
