//! A remote that does not delete: what leaves is switched off there as far as that is possible, and stays, until somebody
//! forgets what was learned.

use serde_json::{Value, json};

use scimitar_client::{ClientError, Disposition, Method};
use scimitar_domain::{ObjectKind, Taught};
use scimitar_scim::patch;

use crate::context::Context;
use crate::desired::resource_kind;
use crate::engine::EngineParts;
use crate::failure::Trouble;
use crate::verbs::Verb;

impl Context {
    /// Whether what is to be deleted stays at the remote.
    pub(crate) fn keeps(&self, kind: ObjectKind) -> bool {
        self.lessons.refuses_deletions(kind) && self.provider.fields.deprovisioning(kind).ends_in_deletion()
    }
}

impl EngineParts {
    /// Whether a deletion was refused because the remote does not delete what is there, which is remembered.
    pub(crate) async fn learns_to_keep(
        &self,
        context: &Context,
        kind: ObjectKind,
        remote_id: &str,
        refusal: &Trouble,
    ) -> Result<bool, Trouble> {
        let Trouble::Client(ClientError::NotSupported { method: Method::Delete, .. }) = refusal else {
            return Ok(false);
        };
        if !context.still_there(kind, remote_id).await? {
            return Ok(false);
        }
        self.learn(context, kind, Taught::NoDelete, &refusal.explain()).await;
        Ok(context.keeps(kind))
    }

    /// Take all members out of a group that cannot be deleted. Where the remote refuses that too, they stay; and so they do
    /// in a group that is not ours to delete.
    pub(crate) async fn strip(&self, context: &Context, remote_id: &str) -> Result<(), Trouble> {
        if self.let_go(context, ObjectKind::Group, remote_id).await? {
            return Ok(());
        }
        match take_all_out(context, remote_id).await {
            Err(Trouble::Client(error)) if is_final(&error) => {
                let reason = error.explain();
                tracing::info!(provider.pk = context.provider.pk.0, "a group keeps its members: {reason}");
                Ok(())
            }
            done => done,
        }
    }
}

async fn take_all_out(context: &Context, remote_id: &str) -> Result<(), Trouble> {
    let kind = resource_kind(ObjectKind::Group);
    match context.verb(ObjectKind::Group).await? {
        Verb::Patch => {
            let nobody = json!({"members": null}).as_object().cloned().unwrap_or_default();
            let request = patch::request(patch::replace_each(&nobody));
            context.call(|client| async move { client.patch(kind, remote_id, &request).await }).await?;
        }
        Verb::Put => {
            let group = context.call(|client| async move { client.get(kind, remote_id).await }).await?;
            let mut group = group.as_object().cloned().unwrap_or_default();
            group.retain(|name, _| {
                !name.eq_ignore_ascii_case("members") && !name.eq_ignore_ascii_case("meta")
            });
            group.insert("members".to_owned(), json!([]));
            let group = Value::Object(group);
            context.call(|client| async move { client.replace(kind, remote_id, &group).await }).await?;
        }
    }
    Ok(())
}

/// Whether trying again would be of no use.
fn is_final(error: &ClientError) -> bool {
    match error.disposition() {
        Disposition::GiveUp | Disposition::Relink => true,
        Disposition::Retry { .. } | Disposition::PauseProvider { .. } => false,
    }
}
