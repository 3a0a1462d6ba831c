//! What becomes of remote resources that are not ours to delete.

use serde_json::{Value, json};

use scimitar_client::ClientError;
use scimitar_domain::ObjectKind;
use scimitar_scim::{attribute, patch};
use scimitar_store::adoptions;

use crate::context::Context;
use crate::desired::resource_kind;
use crate::engine::EngineParts;
use crate::failure::Trouble;
use crate::verbs::Verb;

impl EngineParts {
    /// Let go of a resource that was there before us and was taken over by its name or address, which nobody has
    /// confirmed: a user is deactivated, a group is left as it is. Answers false for what is ours to delete.
    pub(crate) async fn let_go(
        &self,
        context: &Context,
        kind: ObjectKind,
        remote_id: &str,
    ) -> Result<bool, Trouble> {
        let (provider, id) = (context.provider.pk, remote_id.to_owned());
        let found = self.store.read(move |conn| adoptions::unconfirmed(conn, provider, kind, &id)).await?;
        if found.is_none() {
            return Ok(false);
        }
        if kind == ObjectKind::User {
            match self.deactivate(context, remote_id).await {
                Ok(()) | Err(Trouble::Client(ClientError::Gone { .. })) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(true)
    }

    /// Make a user inactive, whatever else they have.
    pub(crate) async fn deactivate(&self, context: &Context, remote_id: &str) -> Result<(), Trouble> {
        let kind = resource_kind(ObjectKind::User);
        let user = context.call(|client| async move { client.get(kind, remote_id).await }).await?;
        if attribute::truth(&user, "active") == Some(false) {
            return Ok(());
        }
        match context.verb(ObjectKind::User).await? {
            Verb::Patch => {
                let off = json!({"active": false});
                let off = off.as_object().cloned().unwrap_or_default();
                let request = patch::request(patch::replace_each(&off));
                context.call(|client| async move { client.patch(kind, remote_id, &request).await }).await?;
            }
            Verb::Put => {
                let mut user = user.as_object().cloned().unwrap_or_default();
                user.retain(|name, _| {
                    !name.eq_ignore_ascii_case("active") && !name.eq_ignore_ascii_case("meta")
                });
                user.insert("active".to_owned(), json!(false));
                let user = Value::Object(user);
                context.call(|client| async move { client.replace(kind, remote_id, &user).await }).await?;
            }
        }
        Ok(())
    }
}
