//! Changes that are bound to the version they are made for (RFC 7644 §3.14), so that what somebody else has changed
//! at the remote meanwhile is looked at before it is written over.

use futures_util::TryFutureExt;
use serde_json::Value;

use scimitar_client::{Answer, Client, ClientError, Deed};
use scimitar_domain::{FailureClass, JsonObject, Link, ObjectKind, Taught};

use crate::apply::Act;
use crate::context::Context;
use crate::desired::{Desired, resource_kind};
use crate::failure::Trouble;
use crate::verbs::Verb;

/// How often a resource is looked at anew before a remote is taken to have no use for versions: nobody changes one
/// between a look and a change as often as this.
const LOOKS: usize = 3;

/// A change that is to be sent, and what the remote is thought to hold.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) desired: &'a Desired,
    pub(crate) remote_id: &'a str,
    /// What was sent before, or found there.
    pub(crate) known: JsonObject,
    /// The version that `known` stands for, if the change is to be bound to it.
    pub(crate) version: Option<String>,
    /// Of our attributes, those that somebody else has changed.
    pub(crate) foreign: Vec<String>,
}

impl Context {
    /// Whether changes may be bound to versions: the remote does not say that it has none, and has refused none.
    pub(crate) async fn binds(&self, kind: ObjectKind) -> bool {
        if self.lessons.refuses_etags(kind) {
            return false;
        }
        // Where it cannot be asked now, the change shows what is the matter.
        self.capabilities().await.is_ok_and(|can| can.etag != Some(false))
    }

    /// The version to bind to, if any. Costs nothing where none is known.
    pub(crate) async fn bound(&self, kind: ObjectKind, version: Option<&str>) -> Option<String> {
        match version {
            Some(version) if self.binds(kind).await => Some(version.to_owned()),
            Some(_) | None => None,
        }
    }
}

impl Act<'_> {
    /// Send a change for the version that it was made for. Where the remote has another one, look at what it holds,
    /// and send what then differs.
    ///
    /// Every way ends: a remote that refuses even the version which it shows, or the header as such, gets the change
    /// without, and no version with those that follow.
    pub(crate) async fn send(self, verb: Verb, change: &mut Change<'_>) -> Result<Answer, Trouble> {
        for _look in 0..LOOKS {
            let Some(version) = change.version.clone() else { break };
            let trouble = match self.once(verb, change).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            if !trouble.is_stale() {
                if !self.may_be_about_the_version(&trouble) {
                    return Err(trouble);
                }
                change.version = None;
                let answer = self.once(verb, change).await?;
                self.learn_no_etag(&trouble).await;
                return Ok(answer);
            }
            self.look_anew(change).await?;
            if change.version.as_ref() == Some(&version) {
                self.learn_no_etag(&trouble).await;
                change.version = None;
            }
        }
        if change.version.take().is_some() {
            self.learn_no_etag(&Trouble::Client(ClientError::Stale { detail: String::new() })).await;
        }
        self.once(verb, change).await
    }

    /// Delete the version that was left there. Another one is looked at first: what carries somebody else's id by now
    /// is not ours to delete any more, and nothing else keeps it.
    pub(crate) async fn delete_bound(self, remote_id: &str) -> Result<(), Trouble> {
        let kind = resource_kind(self.kind);
        let version = self.context.bound(self.kind, self.link.etag.as_deref()).await;
        let send = |version: Option<String>| {
            let deed = Deed::Delete { remote_id: remote_id.to_owned() };
            self.carry_out(deed, version).map_ok(drop)
        };
        match send(version.clone()).await {
            Err(trouble) if trouble.is_stale() => {}
            Err(trouble) if version.is_some() && self.may_be_about_the_version(&trouble) => {
                send(None).await?;
                self.learn_no_etag(&trouble).await;
                return Ok(());
            }
            done => return done,
        }
        let look = |client: Client| async move { client.get_with_version(kind, remote_id).await };
        let (found, shown) = self.context.call(look).await?;
        if shown == version {
            self.learn_no_etag(&Trouble::Client(ClientError::Stale { detail: String::new() })).await;
        }
        if let Some(owner) = self.other_owner(&found) {
            let detail = format!(
                "it was changed at the remote and carries the externalId `{owner}` there, which is not ours; \
                 delete it there, or unlink it"
            );
            return Err(Trouble::object(FailureClass::Conflict, detail));
        }
        send(None).await
    }

    /// What the remote holds of ours now, and under which version.
    async fn look_anew(self, change: &mut Change<'_>) -> Result<(), Trouble> {
        let (kind, remote_id) = (resource_kind(self.kind), change.remote_id);
        let look = |client: Client| async move { client.get_with_version(kind, remote_id).await };
        let (found, version) = self.context.call(look).await?;
        change.version = version;
        let Value::Object(found) = found else { return Ok(()) };
        change.foreign = foreign(self.link, &found, &change.desired.body);
        if !change.foreign.is_empty() {
            let (provider, names) = (self.context.provider.pk, change.foreign.join(", "));
            let object = self.link.object;
            tracing::info!(
                provider.pk = provider.0,
                "{object} was changed at the remote of provider {provider} by somebody else, who set {names}; that is set back"
            );
        }
        let is_ours = |name: &str| change.known.contains_key(name) || change.desired.body.contains_key(name);
        // What others keep there is not ours to remove.
        let mut ours: JsonObject =
            found.into_iter().filter(|(name, _)| is_ours(name) && is_compared(name)).collect();
        ours.extend(std::mem::take(&mut change.known).into_iter().filter(|(name, _)| !is_compared(name)));
        change.known = ours;
        Ok(())
    }

    /// Whom a resource belongs to by its `externalId`, if not to us. A remote that keeps ids in a form of its own has
    /// shown it before.
    fn other_owner(self, found: &Value) -> Option<String> {
        let owner = scimitar_scim::attribute::text(found, "externalId").filter(|id| !id.is_empty())?;
        let known =
            [&self.link.sent, &self.link.attributes].map(|it| it.get("externalId").and_then(Value::as_str));
        let is_ours = known.into_iter().flatten().any(|ours| ours.eq_ignore_ascii_case(&owner));
        (!is_ours && known.iter().any(Option::is_some)).then_some(owner)
    }

    /// Whether a refusal may be of the header and not of what was sent. Once a version was taken, it is not.
    fn may_be_about_the_version(self, trouble: &Trouble) -> bool {
        !self.context.lessons.takes_etags(self.kind)
            && matches!(
                trouble,
                Trouble::Client(ClientError::Rejected { .. } | ClientError::NotSupported { status: 501, .. })
            )
    }

    async fn learn_no_etag(self, trouble: &Trouble) {
        self.parts.learn(self.context, self.kind, Taught::NoEtag, &trouble.explain()).await;
    }
}

/// Of the attributes that we have sent, those that the remote now holds otherwise, though not as they are wanted.
///
/// Services complete, fold and forget what they are sent: what they show is compared part by part, what they add is
/// theirs, and what they did not show before either is not missed.
fn foreign(link: &Link, found: &JsonObject, wanted: &JsonObject) -> Vec<String> {
    let differs = |name: &str, ours: &Value| {
        let was_shown = link.attributes.get(name).is_some_and(|theirs| holds(theirs, ours));
        match found.get(name) {
            Some(theirs) => {
                (was_shown || link.attributes.is_empty())
                    && !holds(theirs, ours)
                    && wanted.get(name).is_none_or(|wanted| !holds(theirs, wanted))
            }
            None => was_shown && wanted.contains_key(name),
        }
    };
    let ours = link.sent.iter().filter(|(name, ours)| is_compared(name) && differs(name, ours));
    ours.map(|(name, _)| name.clone()).collect()
}

/// Members are compared one by one, elsewhere; and which schemas a resource has is not asked of the remote.
fn is_compared(name: &str) -> bool {
    !matches!(name, "schemas" | "members")
}

/// Whether `theirs` has all that `ours` has.
fn holds(theirs: &Value, ours: &Value) -> bool {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            ours.iter().all(|(name, ours)| theirs.get(name).is_some_and(|theirs| holds(theirs, ours)))
        }
        (Value::Array(theirs), Value::Array(ours)) => {
            ours.iter().all(|ours| theirs.iter().any(|theirs| holds(theirs, ours)))
        }
        (Value::String(theirs), Value::String(ours)) => theirs.to_lowercase() == ours.to_lowercase(),
        (theirs, ours) => theirs == ours,
    }
}

#[cfg(test)]
mod tests {
    use scimitar_domain::{LinkId, LinkState, ObjectId, ProviderPk, UserPk};
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_remote_completes_or_folds_nobody_else_has_changed() {
        let object = |value: Value| value.as_object().cloned().unwrap();
        let sent = object(json!({
            "schemas": ["urn:a"], "userName": "Ada", "title": "Dr", "active": true,
            "name": {"givenName": "Ada"}, "emails": [{"value": "ada@example.com"}],
        }));
        let kept = json!({
            "userName": "ada", "title": "Dr", "active": true, "name": {"givenName": "Ada", "formatted": "Ada"},
            "emails": [{"value": "ada@example.com", "primary": true}, {"value": "more@example.com"}],
        });
        let link = |attributes: &Value| Link {
            id: LinkId(uuid::Uuid::nil()),
            provider: ProviderPk(1),
            object: ObjectId::User(UserPk(1)),
            state: LinkState::New,
            attributes: object(attributes.clone()),
            sent: sent.clone(),
            fingerprint: None,
            etag: None,
            synced_version: 0,
            synced_revision: 0,
            attempt: None,
            departed: None,
            rejected: None,
        };
        let known = link(&kept);
        let check = |found: Value, wanted: &JsonObject, expected: &[&str]| {
            assert_eq!(foreign(&known, &object(found.clone()), wanted), expected, "{found}");
        };
        check(kept.clone(), &sent, &[]);
        assert_eq!(foreign(&link(&json!({})), &object(json!({"title": "Prof"})), &sent), ["title"]);
        assert_eq!(foreign(&link(&json!({"id": "1"})), &object(json!({"title": "Prof"})), &sent), [""; 0]);
        for (name, value) in [
            ("title", json!("Prof")),
            ("active", json!(false)),
            ("name", json!({"givenName": "Eve", "formatted": "Ada"})),
            ("emails", json!([{"value": "more@example.com"}])),
        ] {
            let mut found = kept.clone();
            found[name] = value;
            check(found, &sent, &[name]);
        }
        let mut found = kept.clone();
        found.as_object_mut().unwrap().shift_remove("title");
        check(found.clone(), &sent, &["title"]);
        check(found, &object(json!({})), &[]);
        let mut found = kept;
        found["title"] = json!("Prof");
        check(found, &object(json!({"title": "Prof"})), &[]);
    }
}
