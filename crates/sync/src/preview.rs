//! Dry runs: everything but the writes.

use std::sync::Arc;

use futures_util::StreamExt;
use serde_json::{Value, json};

use scimitar_domain::{JsonObject, ObjectId};

use crate::batch::Wanted;
use crate::context::Context;
use crate::desired::resource_kind;
use crate::engine::EngineParts;
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::fingerprint::Fingerprint;
use crate::parting::Parting;
use crate::plan::{Step, plan_object};
use crate::report::{LogLevel, ObjectReport, Outcome};
use crate::subject::{Loaded, Subject};

/// Objects that are mapped at the same time.
const AT_ONCE: usize = 64;

/// An object and what the provider should hold for it.
pub(crate) struct Looked {
    /// With its link.
    pub(crate) subject: Subject,
    /// Of what the mappings gave, without members.
    pub(crate) bare: Option<Fingerprint>,
    pub(crate) wanted: Wanted,
}

impl EngineParts {
    /// What a sync of these objects would do. Neither the remote nor a link is changed.
    pub(crate) async fn preview(
        &self,
        context: &Arc<Context>,
        objects: Vec<ObjectId>,
    ) -> Result<Vec<ObjectReport>, SyncError> {
        let looked = self.look(context, objects).await?;
        Ok(looked.into_iter().map(|it| self.foretell(context, &it.subject, it.wanted)).collect())
    }

    /// Both sides of these objects, as they are now.
    pub(crate) async fn look(
        &self,
        context: &Arc<Context>,
        objects: Vec<ObjectId>,
    ) -> Result<Vec<Looked>, SyncError> {
        self.recall_groups(context).await?;
        let mut links = self.links(context, objects.clone()).await?;
        let Loaded { subjects, memberships } = self.load(context, objects).await?;
        let memberships = &memberships;
        let mut wanted = futures_util::stream::iter(subjects)
            .map(|subject| Subject { link: links.remove(&subject.object), ..subject })
            .map(|subject| async move {
                let wanted = self.want(context, &subject, memberships).await;
                (subject, wanted)
            })
            .buffered(AT_ONCE);
        let mut looked = Vec::new();
        while let Some((subject, wanted)) = wanted.next().await {
            let bare = wanted.fingerprint();
            let (wanted, _roster) = self.with_members(context, &subject, wanted).await?;
            looked.push(Looked { subject, bare, wanted });
        }
        Ok(looked)
    }

    fn foretell(&self, context: &Context, subject: &Subject, wanted: Wanted) -> ObjectReport {
        let mut report = ObjectReport::new(subject.object, subject.label(), Outcome::Kept);
        let desired = match wanted {
            Wanted::Absent => None,
            Wanted::Body(desired) | Wanted::Left(Parting::Deactivate(desired, _)) => Some(desired),
            Wanted::Left(Parting::Leave(_) | Parting::Forget) => return report,
            Wanted::Skip => {
                report.outcome = Outcome::Skipped;
                return report;
            }
            Wanted::Broken(trouble) => {
                self.tell_broken(&mut report, &trouble);
                return report;
            }
        };
        let step = plan_object(desired.as_ref(), &subject.state(), subject.acknowledged());
        let body = desired.map_or(Value::Null, |desired| Value::Object(desired.body));
        let base = context.provider.fields.url.trim_end_matches('/');
        let endpoint = resource_kind(subject.object.kind()).endpoint();
        let (outcome, method, url) = match step {
            Step::Keep => return report,
            Step::Create | Step::Recover => (Outcome::Created, "POST", format!("{base}/{endpoint}")),
            Step::Update { remote_id } => (Outcome::Updated, "PUT", format!("{base}/{endpoint}/{remote_id}")),
            Step::Delete { remote_id } => {
                (Outcome::Deleted, "DELETE", format!("{base}/{endpoint}/{remote_id}"))
            }
            Step::RecoverAndDelete => (Outcome::Deleted, "DELETE", format!("{base}/{endpoint}")),
        };
        report.outcome = outcome;
        let mut attributes = JsonObject::new();
        attributes.insert("method".to_owned(), json!(method));
        attributes.insert("url".to_owned(), json!(url));
        attributes.insert("body".to_owned(), body);
        let event = "Dropping mutating request due to dry run".to_owned();
        report.tell(self.clock.now(), LogLevel::Info, event, attributes);
        report
    }

    fn tell_broken(&self, report: &mut ObjectReport, trouble: &Trouble) {
        report.outcome = Outcome::Failed;
        let reason = trouble.explain();
        let event = format!("Failed to sync {} due to error: {reason}", report.label);
        report.tell(self.clock.now(), LogLevel::Warning, event, JsonObject::new());
    }
}
