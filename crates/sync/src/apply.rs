//! Carrying out a step for one object's attributes. Members are [`members`](crate::members)' business.

use serde_json::{Map, Value, json};

use scimitar_client::{Answer, ClientError};
use scimitar_domain::{FailureClass, JsonObject, Link, LinkState, ObjectKind};
use scimitar_scim::patch;

use crate::adopt::{self, Found};
use crate::context::Context;
use crate::desired::{Desired, resource_kind};
use crate::failure::Trouble;
use crate::report::Outcome;

/// What a step has brought about at the remote.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) outcome: Outcome,
    pub(crate) remote_id: String,
    /// What the remote answered; `{}` when it answered nothing.
    pub(crate) answer: JsonObject,
}

/// One object's step, about to be taken.
#[derive(Clone, Copy)]
pub(crate) struct Act<'a> {
    pub(crate) context: &'a Context,
    pub(crate) kind: ObjectKind,
    pub(crate) link: &'a Link,
    pub(crate) scan_pages: usize,
}

impl Act<'_> {
    /// Send a create. The intent is durable already.
    pub(crate) async fn create(self, desired: &Desired) -> Result<Applied, Trouble> {
        let body = Value::Object(desired.body.clone());
        let kind = resource_kind(self.kind);
        match self.context.call(|client| async move { client.create(kind, &body).await }).await {
            Ok(answer) => Ok(applied(Outcome::Created, answer.id.clone().unwrap_or_default(), answer)),
            Err(Trouble::Client(error @ ClientError::Taken { .. })) => {
                self.adopt_instead(desired, &error).await
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Look for what a lost create may have made; create only what is not there.
    pub(crate) async fn recover(self, desired: &Desired) -> Result<Applied, Trouble> {
        match self.find(desired).await? {
            Found::One { remote_id, resource } => self.take_over(desired, remote_id, &resource).await,
            Found::Nothing => self.create(desired).await,
        }
    }

    /// Send what has changed. A resource that is gone is looked for and, if need be, made again.
    pub(crate) async fn update(self, desired: &Desired, remote_id: &str) -> Result<Applied, Trouble> {
        match self.write(desired, remote_id, &self.link.sent).await {
            Ok(answer) => Ok(applied(Outcome::Updated, remote_id.to_owned(), answer)),
            Err(Trouble::Client(ClientError::Gone { .. })) => self.recover(desired).await,
            Err(trouble) => Err(trouble),
        }
    }

    /// Delete at the remote. What is gone already needs nothing more.
    pub(crate) async fn delete(self, remote_id: &str) -> Result<(), Trouble> {
        let kind = resource_kind(self.kind);
        match self.context.call(|client| async move { client.delete(kind, remote_id).await }).await {
            Ok(()) | Err(Trouble::Client(ClientError::Gone { .. })) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }

    /// Delete what a lost create may have made.
    pub(crate) async fn recover_and_delete(self) -> Result<(), Trouble> {
        let LinkState::Creating { external_id, natural_key } = &self.link.state else { return Ok(()) };
        // Only what carries our id is ours to delete: a resource of the same name may be another's.
        let key = if external_id.is_empty() { natural_key.as_str() } else { "" };
        match adopt::find(self.context, self.kind, external_id, key, self.scan_pages).await? {
            Found::One { remote_id, .. } => self.delete(&remote_id).await,
            Found::Nothing => Ok(()),
        }
    }

    /// A create was refused because the resource is there: find it and take it over.
    async fn adopt_instead(self, desired: &Desired, refusal: &ClientError) -> Result<Applied, Trouble> {
        match self.find(desired).await? {
            Found::One { remote_id, resource } => self.take_over(desired, remote_id, &resource).await,
            Found::Nothing => Err(Trouble::Object {
                class: FailureClass::Conflict,
                detail: format!("{}, and a search does not find it", refusal.explain()),
                retries: true,
            }),
        }
    }

    async fn take_over(
        self,
        desired: &Desired,
        remote_id: String,
        found: &Value,
    ) -> Result<Applied, Trouble> {
        // What the remote has beyond our attributes is its own, and stays.
        let known: JsonObject = found
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| desired.body.contains_key(*name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let answer = self.write(desired, &remote_id, &known).await?;
        Ok(applied(Outcome::Adopted, remote_id, answer))
    }

    async fn find(self, desired: &Desired) -> Result<Found, Trouble> {
        let (external_id, natural_key) = (desired.external_id(), desired.natural_key(self.kind));
        adopt::find(self.context, self.kind, external_id, natural_key, self.scan_pages).await
    }

    /// Bring the remote resource from `known` to what is desired: by PATCH where the remote offers it, else by
    /// PUT; and by the other one where the remote refuses the first.
    async fn write(self, desired: &Desired, remote_id: &str, known: &JsonObject) -> Result<Answer, Trouble> {
        let offers_patch = self.context.capabilities().await?.patch == Some(true);
        if !offers_patch {
            return match self.replace(desired, remote_id).await {
                Err(trouble) if is_about_the_verb(&trouble) && !known.is_empty() => {
                    self.patch(desired, remote_id, known).await
                }
                answer => answer,
            };
        }
        match self.patch(desired, remote_id, known).await {
            Err(trouble) if is_about_the_verb(&trouble) => self.replace(desired, remote_id).await,
            answer => answer,
        }
    }

    async fn replace(self, desired: &Desired, remote_id: &str) -> Result<Answer, Trouble> {
        let mut body = Map::new();
        body.insert("id".to_owned(), json!(remote_id));
        body.extend(desired.body.clone());
        let (kind, body) = (resource_kind(self.kind), Value::Object(body));
        self.context.call(|client| async move { client.replace(kind, remote_id, &body).await }).await
    }

    async fn patch(self, desired: &Desired, remote_id: &str, known: &JsonObject) -> Result<Answer, Trouble> {
        let operations = patch::replace_each(&difference(known, &desired.body));
        if operations.is_empty() {
            return Ok(Answer::default());
        }
        let (kind, request) = (resource_kind(self.kind), patch::request(operations));
        self.context.call(|client| async move { client.patch(kind, remote_id, &request).await }).await
    }
}

/// The attributes to set so that `known`, what we sent before, becomes `wanted`; null where one must go.
fn difference(known: &JsonObject, wanted: &JsonObject) -> JsonObject {
    let is_ours = |name: &str| !matches!(name, "id" | "meta" | "schemas" | "members" | "groups");
    let mut changes = JsonObject::new();
    for (name, value) in wanted {
        if known.get(name) != Some(value) {
            changes.insert(name.clone(), value.clone());
        }
    }
    for name in known.keys().filter(|name| is_ours(name) && !wanted.contains_key(*name)) {
        changes.insert(name.clone(), Value::Null);
    }
    changes
}

fn applied(outcome: Outcome, remote_id: String, answer: Answer) -> Applied {
    let answer = match answer.body {
        Some(Value::Object(body)) => body,
        Some(_) | None => JsonObject::new(),
    };
    Applied { outcome, remote_id, answer }
}

/// The remote does not take this verb here, whatever it said.
fn is_about_the_verb(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Client(ClientError::NotSupported { .. } | ClientError::RouteMissing { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(known: Value, wanted: Value, expected: Value) {
        let object = |value: Value| value.as_object().cloned().unwrap();
        assert_eq!(Value::Object(difference(&object(known), &object(wanted))), expected);
    }

    #[test]
    fn a_patch_says_what_differs_and_nothing_else() {
        check(json!({"a": 1, "b": 2}), json!({"a": 1, "b": 3}), json!({"b": 3}));
        check(json!({"a": 1, "b": 2}), json!({"a": 1}), json!({"b": null}));
        check(json!({}), json!({"a": {"x": 1}}), json!({"a": {"x": 1}}));
        check(json!({"a": {"x": 1, "y": 1}}), json!({"a": {"x": 1}}), json!({"a": {"x": 1}}));
        check(json!({"id": "7", "meta": {}, "members": []}), json!({}), json!({}));
    }
}
