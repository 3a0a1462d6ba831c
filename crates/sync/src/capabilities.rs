//! What a provider's remote can do, and how that is known: for people who want to see why it is spoken to as it is.

use scimitar_domain::{Lesson, ObjectKind, ProviderPk};
use scimitar_scim::Capabilities;
use scimitar_store::lessons;

use crate::context::Context;
use crate::engine::Engine;
use crate::error::SyncError;
use crate::profile::Chosen;
use crate::unverified::unverified_remote;
use crate::verbs::Verb;

/// What is known of a remote.
#[derive(Debug, Clone, PartialEq)]
pub struct CapabilityReport {
    /// What is known of its vendor. `None` when the provider names a profile that is not there.
    pub profile: Option<Chosen>,
    /// What has to be said of it before anything else.
    pub warnings: Vec<String>,
    pub said_by: SaidBy,
    /// What it says that it can do, as far as it could be asked.
    pub said: Option<Capabilities>,
    /// Why it could not be asked.
    pub trouble: Option<String>,
    /// What it has refused.
    pub learned: Vec<Lesson>,
    pub users: KindReport,
    pub groups: KindReport,
    /// Changes of users in one request, at most; 1 where each goes by itself.
    pub operations_per_request: usize,
    /// Members in one request, at most.
    pub members_per_request: usize,
    /// Whether members go by PATCH, a few at a time; otherwise with the whole group.
    pub members_by_patch: bool,
}

/// Who says what the remote can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaidBy {
    Remote,
    /// `service_provider_config_override` of the provider.
    Override,
    /// Asking is known to fail.
    Nobody,
}

/// What comes of it for one kind of resource.
#[derive(Debug, Clone, PartialEq)]
pub struct KindReport {
    /// Whether the remote has the kind.
    pub offered: bool,
    /// The verbs that change a resource, the one to begin with first.
    pub change: Vec<Verb>,
    /// Whether resources are searched for by filters; `None` when that is found out by trying.
    pub filter: Option<bool>,
    /// Whether changes name the version that they are made for; `None` when that depends on whether the answers tell
    /// versions.
    pub etag: Option<bool>,
}

impl Engine {
    /// What is known of a provider's remote. Asks the remote when what it said is not fresh any more.
    pub async fn capabilities(&self, provider: ProviderPk) -> Result<Option<CapabilityReport>, SyncError> {
        let Some(context) = self.context(provider).await? else { return Ok(None) };
        let learned = self.parts().store.read(move |conn| lessons::of_provider(conn, provider)).await?;
        let said = context.said().await;
        let (said, trouble) = match (said, context.silence().await) {
            // Where it could not be asked again, nothing is known but what it has said before.
            (Ok(said), silence) => {
                (Some(said).filter(|said| silence.is_none() || *said != Capabilities::default()), silence)
            }
            (Err(trouble), _) => (None, Some(trouble.explain())),
        };
        let can = context.amended(said.unwrap_or_default());
        let kind = |kind| context.report(kind, &can);
        Ok(Some(CapabilityReport {
            profile: context.chosen.clone(),
            warnings: unverified_remote(&context.provider).map(str::to_owned).into_iter().collect(),
            said_by: context.said_by(),
            said,
            trouble,
            learned,
            users: kind(ObjectKind::User),
            groups: kind(ObjectKind::Group),
            operations_per_request: context.limits(&can).map_or(1, |limits| limits.operations),
            members_per_request: context.members_per_request(self.parts().settings.members_per_request),
            members_by_patch: context.first_verb(ObjectKind::Group, &can) == Verb::Patch,
        }))
    }

    /// Forget what a remote has refused: it is asked for everything again.
    pub async fn forget_lessons(&self, provider: ProviderPk) -> Result<(), SyncError> {
        self.parts().store.write(move |conn| lessons::forget(conn, provider)).await?;
        tracing::info!(provider.pk = provider.0, "what was learned of provider {provider} was forgotten");
        Ok(())
    }
}

impl Context {
    fn report(&self, kind: ObjectKind, can: &Capabilities) -> KindReport {
        let known = self.profile.kind(kind);
        let filter = if self.lessons.refuses_filters(kind) { Some(false) } else { can.filters() };
        let change = self.lessons.verbs(kind, &known.change, can.patch == Some(true));
        let etag = if self.lessons.refuses_etags(kind) { Some(false) } else { can.etag };
        KindReport { offered: self.offers(kind), change, filter, etag }
    }
}
