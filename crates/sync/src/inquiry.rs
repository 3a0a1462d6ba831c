//! What a remote says that it can do: asked now and then, and taken for unknown where it cannot say.

use chrono::TimeDelta;
use serde_json::Value;

use scimitar_domain::{FailureClass, Timestamp};
use scimitar_scim::Capabilities;

use crate::capabilities::SaidBy;
use crate::context::Context;
use crate::failure::Trouble;

/// After so many questions in a row without an answer the remote is taken to have none: some services fail at
/// nothing but this. Until then it is an outage like any other.
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
    /// Why it is taken for unknown.
    trouble: Option<String>,
}

impl Inquiry {
    fn fresh(&self, now: Timestamp) -> Option<&Known> {
        self.known.as_ref().filter(|known| known.until > now)
    }

    /// Take it for unknown for a while, if it has failed often enough.
    fn gives_up(&mut self, trouble: &Trouble, now: Timestamp) -> bool {
        if !is_about_the_question(trouble) {
            return false;
        }
        self.fruitless = self.fruitless.saturating_add(1);
        if self.fruitless < FRUITLESS_QUESTIONS {
            return false;
        }
        let (said, trouble) = (Capabilities::default(), Some(trouble.explain()));
        self.known = Some(Known { said, until: now + ASKED_AGAIN, trouble });
        true
    }
}

/// A remote that asks for rest, or for other credentials, does so for everything.
fn is_about_the_question(trouble: &Trouble) -> bool {
    let Trouble::Client(error) = trouble else { return false };
    matches!(error.class(), FailureClass::Unavailable | FailureClass::Unreachable | FailureClass::Malformed)
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
            Ok(said) => said,
            Err(trouble) if inquiry.gives_up(&trouble, now) => {
                tracing::warn!(
                    provider.pk = self.provider.pk.0,
                    "provider {} does not say what it can do, which is found out by trying: {}",
                    self.provider.pk,
                    trouble.explain()
                );
                self.together.offer(false);
                return Ok(Capabilities::default());
            }
            Err(trouble) => return Err(trouble),
        };
        let lasts = fields.service_provider_config_cache_timeout.duration();
        let lasts = TimeDelta::from_std(lasts).unwrap_or(TimeDelta::days(365));
        *inquiry = Inquiry { known: Some(Known { said, until: now + lasts, trouble: None }), fruitless: 0 };
        self.together.offer(self.limits(&self.amended(said)).is_some());
        Ok(said)
    }

    /// Why the remote is taken to say nothing, if it is.
    pub(crate) async fn silence(&self) -> Option<String> {
        let inquiry = self.inquiry.lock().await;
        inquiry.fresh(self.clock.now()).and_then(|known| known.trouble.clone())
    }
}
