//! Carrying out a step for one object's attributes. Members are [`members`](crate::members)' business.

use serde_json::{Map, Value, json};

use scimitar_client::{Answer, ClientError, Deed, Operation};
use scimitar_domain::{Candidate, FailureClass, JsonObject, Link, LinkState, MatchedBy, ObjectKind};
use scimitar_scim::{etag, patch};
use scimitar_store::claims::Intent;
use scimitar_store::{adoptions, links};

use crate::adopt::{self, Found, Search};
use crate::context::Context;
use crate::desired::{Desired, resource_kind};
use crate::discover::keys_of;
use crate::engine::EngineParts;
use crate::failure::Trouble;
use crate::lessons;
use crate::profile::PatchForm;
use crate::report::Outcome;
use crate::verbs::Verb;
use crate::versions::Change;

/// Searches for what a refusal says is there, before it is left to a person.
const FRUITLESS_SEARCHES: i32 = 2;
/// Resources that are looked at before it is left to a person which of them is the one.
const LOOKED_AT: usize = 10;

/// What a step has brought about at the remote.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) outcome: Outcome,
    pub(crate) remote_id: String,
    /// What the remote answered; `{}` when it answered nothing.
    pub(crate) answer: JsonObject,
    /// The version that the resource has now, where the remote says so.
    pub(crate) version: Option<String>,
    /// Of our attributes, those that somebody else had changed there.
    pub(crate) foreign: Vec<String>,
}

/// One object's step, about to be taken.
#[derive(Clone, Copy)]
pub(crate) struct Act<'a> {
    pub(crate) parts: &'a EngineParts,
    pub(crate) context: &'a Context,
    pub(crate) kind: ObjectKind,
    pub(crate) link: &'a Link,
    pub(crate) epoch: i64,
}

impl Act<'_> {
    /// Send a create, once its intent is durable.
    ///
    /// The intent is written shortly before the call's turn comes, so that a crash leaves few doubts behind.
    pub(crate) async fn create(self, desired: &Desired) -> Result<Applied, Trouble> {
        let deed = Deed::Create { resource: Value::Object(desired.body.clone()) };
        let operation = Operation { deed, kind: resource_kind(self.kind), version: None };
        let before = self.link.attempt.as_ref();
        match self.parts.change_after(self.context, self.intend(desired), operation, before).await {
            Ok(answer) => Ok(applied(Outcome::Created, answer.id.clone().unwrap_or_default(), answer)),
            Err(Trouble::Client(error @ ClientError::Taken { .. })) => {
                self.adopt_instead(desired, &error).await
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Create, unless the last walk has seen what could be the one and is still there. Where that has not seen
    /// everything, `is_unsure`, it is searched for besides.
    pub(crate) async fn create_or_adopt(
        self,
        desired: &Desired,
        seen: &[Candidate],
        is_unsure: bool,
    ) -> Result<Applied, Trouble> {
        let mut still = Vec::new();
        for candidate in seen.iter().take(LOOKED_AT) {
            still.extend(self.look_at(desired, &candidate.remote_id).await?);
        }
        let surest = still.iter().map(|(candidate, _)| candidate.matched_by).min();
        still.retain(|(candidate, _)| Some(candidate.matched_by) == surest);
        if still.len() > 1 {
            let several: Vec<Candidate> = still.into_iter().map(|(candidate, _)| candidate).collect();
            return Err(adopt::undecided(self.parts, self.kind, self.link.id, &several).await?);
        }
        match still.pop() {
            Some((candidate, found)) => self.take_over(desired, candidate.remote_id, &found).await,
            None if is_unsure => match self.find(desired).await? {
                Found::One { remote_id, resource } => self.take_over(desired, remote_id, &resource).await,
                Found::Nothing | Found::Others => self.create(desired).await,
            },
            None => self.create(desired).await,
        }
    }

    /// A resource that a walk has seen, if it is still there and could still be the one.
    async fn look_at(
        self,
        desired: &Desired,
        remote_id: &str,
    ) -> Result<Option<(Candidate, Value)>, Trouble> {
        let kind = resource_kind(self.kind);
        let found = match self.context.call(|client| async move { client.get(kind, remote_id).await }).await {
            Ok(found) => found,
            Err(trouble) if trouble.is_gone() => return Ok(None),
            Err(trouble) => return Err(trouble),
        };
        let (ours, theirs) = (desired.keys(self.kind), keys_of(&found, self.kind));
        let Some((matched_by, value)) = ours.matched(self.kind, &theirs) else { return Ok(None) };
        let is_anothers = !theirs.external_id.is_empty() && theirs.external_id != ours.external_id;
        if matched_by == MatchedBy::Email && is_anothers {
            return Ok(None);
        }
        Ok(Some((Candidate { remote_id: remote_id.to_owned(), matched_by, value }, found)))
    }

    async fn intend(self, desired: &Desired) -> Result<(), Trouble> {
        if let LinkState::Linked { .. } = self.link.state {
            // The remote has lost it. Whoever finds the link as it is comes here again, by way of a search.
            return Ok(());
        }
        let intent = Intent {
            link: self.link.id,
            epoch: self.epoch,
            external_id: desired.external_id().to_owned(),
            natural_key: desired.natural_key(self.kind).to_owned(),
        };
        let not_now =
            |detail: String| Trouble::Object { class: FailureClass::Internal, detail, retries: true };
        match self.context.scribe.intend(&self.parts.store, intent, self.parts.clock.now()).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(not_now("another worker has taken the object over".to_owned())),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "an intent could not be written");
                Err(not_now("its creation could not be noted, so it was not sent".to_owned()))
            }
        }
    }

    /// Look for what a lost create may have made; create only what is not there.
    pub(crate) async fn recover(self, desired: &Desired) -> Result<Applied, Trouble> {
        match self.find(desired).await? {
            Found::One { remote_id, resource } => self.take_over(desired, remote_id, &resource).await,
            Found::Nothing | Found::Others => {
                self.believe()?;
                self.create(desired).await
            }
        }
    }

    /// Send what has changed. A resource that is gone is looked for and, if need be, made again.
    pub(crate) async fn update(self, desired: &Desired, remote_id: &str) -> Result<Applied, Trouble> {
        match self.change(desired, remote_id).await? {
            Some(applied) => Ok(applied),
            None => self.recover(desired).await,
        }
    }

    /// Send what has changed. Nothing where the remote does not have the resource any more.
    pub(crate) async fn change(self, desired: &Desired, remote_id: &str) -> Result<Option<Applied>, Trouble> {
        let mut known = self.link.sent.clone();
        if self.link.fingerprint.is_none() {
            // The answer to an earlier change was lost: ours are these attributes, whatever their values.
            known.values_mut().for_each(|value| *value = Value::Null);
        }
        let version = self.context.bound(self.kind, self.link.etag.as_deref()).await;
        let mut change = Change { desired, remote_id, known, version, foreign: Vec::new() };
        let answer = match self.write(&mut change, false).await {
            Ok(answer) => answer,
            Err(trouble) if trouble.is_gone() => {
                // Services without the verb may answer it with 404 as well: before anybody is made again, look.
                if !self.context.still_there(self.kind, remote_id).await? {
                    return Ok(None);
                }
                self.write(&mut change, true).await?
            }
            Err(trouble) => return Err(trouble),
        };
        Ok(Some(changed(Outcome::Updated, change, answer)))
    }

    /// Delete at the remote. What is gone already needs nothing more.
    pub(crate) async fn delete(self, remote_id: &str) -> Result<(), Trouble> {
        if self.parts.let_go(self.context, self.kind, remote_id).await? {
            return Ok(());
        }
        match self.delete_bound(remote_id).await {
            Ok(()) | Err(Trouble::Client(ClientError::Gone { .. })) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }

    /// Delete what a lost create may have made.
    pub(crate) async fn recover_and_delete(self) -> Result<(), Trouble> {
        let LinkState::Creating { external_id, natural_key } = &self.link.state else { return Ok(()) };
        // Only what carries our id is ours to delete: a resource of the same name may be another's.
        let key = if external_id.is_empty() { natural_key.as_str() } else { "" };
        match self.search(external_id, key, &[]).await? {
            Found::One { remote_id, resource } => self.delete_found(remote_id, &resource).await,
            Found::Nothing | Found::Others => self.believe(),
        }
    }

    /// Where the remote does not delete, what was found is known by its id from now on, and parted with as such when it is
    /// looked at again.
    async fn delete_found(self, remote_id: String, found: &Value) -> Result<(), Trouble> {
        if !self.context.keeps(self.kind) {
            let Err(refusal) = self.delete(&remote_id).await else { return Ok(()) };
            if !self.parts.learns_to_keep(self.context, self.kind, &remote_id, &refusal).await? {
                return Err(refusal);
            }
        }
        let (link, mut known) = (self.link.id, found.as_object().cloned().unwrap_or_default());
        let is_theirs =
            |name: &str| ["id", "meta", "groups", "members"].iter().any(|it| name.eq_ignore_ascii_case(it));
        known.retain(|name, _| !is_theirs(name));
        self.parts.store.write(move |conn| links::found(conn, link, &remote_id, &known)).await?;
        let detail =
            "the remote does not delete what a create has made whose answer was lost; it stays, switched off";
        Err(Trouble::Object { class: FailureClass::Unsupported, detail: detail.to_owned(), retries: true })
    }

    /// A create was refused because the resource is there: find it and take it over.
    async fn adopt_instead(self, desired: &Desired, refusal: &ClientError) -> Result<Applied, Trouble> {
        let emails = desired.keys(self.kind).emails;
        let found = self.search(desired.external_id(), desired.natural_key(self.kind), &emails).await?;
        let (tail, retries) = match found {
            Found::One { remote_id, resource } => {
                return self.take_over(desired, remote_id, &resource).await;
            }
            Found::Nothing => {
                let n_before = self.link.attempt.as_ref().map_or(0, |attempt| attempt.count);
                ("a search does not find it", n_before < FRUITLESS_SEARCHES)
            }
            Found::Others => {
                ("what a search finds stands for another object or is about to be deleted", true)
            }
        };
        let detail = format!("{}, and {tail}", refusal.explain());
        Err(Trouble::Object { class: FailureClass::Conflict, detail, retries })
    }

    async fn take_over(
        self,
        desired: &Desired,
        remote_id: String,
        found: &Value,
    ) -> Result<Applied, Trouble> {
        let matched = desired.keys(self.kind).matched(self.kind, &keys_of(found, self.kind));
        let (matched_by, value) = matched.unwrap_or((MatchedBy::Name, String::new()));
        let (link, candidate) = (self.link.id, Candidate { remote_id: remote_id.clone(), matched_by, value });
        let marked = candidate.clone();
        self.parts.store.write(move |conn| adoptions::mark(conn, link, &marked)).await?;
        let known = found.as_object().cloned().unwrap_or_default();
        let version = self.context.bound(self.kind, etag::of(found)).await;
        let mut change = Change { desired, remote_id: &remote_id, known, version, foreign: Vec::new() };
        let answer = self.write(&mut change, true).await?;
        self.parts.store.write(move |conn| adoptions::take_over(conn, link, &candidate)).await?;
        Ok(changed(Outcome::Adopted, change, answer))
    }

    async fn find(self, desired: &Desired) -> Result<Found, Trouble> {
        self.search(desired.external_id(), desired.natural_key(self.kind), &[]).await
    }

    async fn search(self, external_id: &str, natural_key: &str, emails: &[String]) -> Result<Found, Trouble> {
        let search = Search {
            parts: self.parts,
            context: self.context,
            kind: self.kind,
            link: self.link.id,
            external_id,
            natural_key,
            emails,
        };
        search.find().await
    }

    /// Whether it is sure that a lost create has made nothing.
    fn believe(self) -> Result<(), Trouble> {
        match self.link.state {
            LinkState::Creating { .. } => adopt::believe(self.link.attempt.as_ref(), self.parts.clock.now()),
            // What was forgotten a moment ago may not be shown yet either.
            LinkState::New => adopt::believe_forgotten(self.link.departed, self.parts.clock.now()),
            // It is gone, and the last attempt may have made another.
            LinkState::Linked { .. } if self.link.attempt.is_some() => {
                adopt::believe(self.link.attempt.as_ref(), self.parts.clock.now())
            }
            LinkState::Linked { .. } => Ok(()),
        }
    }

    /// Bring the remote resource from `known` to what is desired: by PATCH where the remote offers it, else by
    /// PUT; and by the other one where the remote refuses the first.
    ///
    /// Services without a verb may answer it with 404. So where the resource `is_there`, that too is about the
    /// verb.
    async fn write(self, change: &mut Change<'_>, is_there: bool) -> Result<Answer, Trouble> {
        let mut verb = self.context.verb(self.kind).await?;
        let mut answer = self.send(verb, change).await;
        if let Err(trouble) = &answer
            && (trouble.is_about_the_verb() || is_there && trouble.is_gone())
        {
            self.parts.learn(self.context, self.kind, lessons::without(verb), &trouble.explain()).await;
            if self.context.profile.kind(self.kind).may_change_by(verb.other()) {
                verb = verb.other();
                answer = self.send(verb, change).await;
            }
        }
        match &answer {
            Ok(_) => self.parts.unlearn(self.context, self.kind, lessons::without(verb)).await,
            Err(trouble) if trouble.is_about_the_verb() => {
                let refused = lessons::without(verb);
                self.parts.learn(self.context, self.kind, refused, &trouble.explain()).await;
            }
            Err(_) => {}
        }
        answer
    }

    /// Send a change as it is.
    pub(crate) async fn once(self, verb: Verb, change: &Change<'_>) -> Result<Answer, Trouble> {
        match verb {
            Verb::Patch => self.patch(change).await,
            Verb::Put => self.replace(change).await,
        }
    }

    async fn replace(self, change: &Change<'_>) -> Result<Answer, Trouble> {
        let mut body = Map::new();
        if self.context.profile.id_in_body {
            body.insert("id".to_owned(), json!(change.remote_id));
        }
        body.extend(change.desired.body.clone());
        let remote_id = change.remote_id.to_owned();
        self.carry_out(Deed::Replace { remote_id, resource: Value::Object(body) }, change.version.clone())
            .await
    }

    async fn patch(self, change: &Change<'_>) -> Result<Answer, Trouble> {
        let profile = self.context.profile.kind(self.kind);
        let mut changes = difference(&change.known, &change.desired.body);
        changes.retain(|name, _| profile.patches(name));
        if changes.keys().all(|name| name == "schemas") {
            // Nothing is sent, so what is there keeps its version.
            return Ok(Answer { version: change.version.clone(), ..Answer::default() });
        }
        let send = |operations| {
            let (remote_id, request) = (change.remote_id.to_owned(), patch::request(operations));
            self.carry_out(Deed::Patch { remote_id, request }, change.version.clone())
        };
        let at_once = || vec![patch::replace_at_once(&changes)];
        match profile.patch_form {
            PatchForm::AtOnce => send(at_once()).await,
            PatchForm::Each => match send(patch::replace_each(&changes)).await {
                // As many operations as attributes may be more than the remote takes; one for all of them is one.
                Err(trouble) if trouble.is_too_large() && changes.len() > 1 => send(at_once()).await,
                answer => answer,
            },
        }
    }

    pub(crate) async fn carry_out(self, deed: Deed, version: Option<String>) -> Result<Answer, Trouble> {
        let is_bound = version.is_some();
        let operation = Operation { deed, kind: resource_kind(self.kind), version };
        let answer = self.parts.change(self.context, operation, self.link.attempt.as_ref()).await;
        if is_bound && answer.is_ok() {
            self.context.lessons.note_etag_taken(self.kind);
        }
        answer
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
    let version = answer.version;
    let body = match answer.body {
        Some(Value::Object(body)) => body,
        Some(_) | None => JsonObject::new(),
    };
    Applied { outcome, remote_id, answer: body, version, foreign: Vec::new() }
}

fn changed(outcome: Outcome, change: Change<'_>, answer: Answer) -> Applied {
    Applied { foreign: change.foreign, ..applied(outcome, change.remote_id.to_owned(), answer) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(known: &Value, wanted: &Value, expected: &Value) {
        let object = |value: &Value| value.as_object().cloned().unwrap();
        assert_eq!(&Value::Object(difference(&object(known), &object(wanted))), expected);
    }

    #[test]
    fn a_patch_says_what_differs_and_nothing_else() {
        check(&json!({"a": 1, "b": 2}), &json!({"a": 1, "b": 3}), &json!({"b": 3}));
        check(&json!({"a": 1, "b": 2}), &json!({"a": 1}), &json!({"b": null}));
        check(&json!({}), &json!({"a": {"x": 1}}), &json!({"a": {"x": 1}}));
        check(&json!({"a": {"x": 1, "y": 1}}), &json!({"a": {"x": 1}}), &json!({"a": {"x": 1}}));
        check(&json!({"id": "7", "meta": {}, "members": []}), &json!({}), &json!({}));
    }
}
