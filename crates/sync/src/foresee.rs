//! What one object's step would send, and a fingerprint of it: the same words while a plan is made and when it is
//! applied, so that both can be compared.

use serde_json::{Value, json};

use scimitar_domain::{GroupId, JsonObject, LinkState, ObjectId, PlanId, PlanStep};
use scimitar_store::sync_plans;

use crate::adopt::{Found, Search};
use crate::context::Context;
use crate::desired::Desired;
use crate::engine::EngineParts;
use crate::error::SyncError;
use crate::fingerprint::Fingerprint;
use crate::guard;
use crate::plan::Step;
use crate::subject::Subject;

/// Members that are read at once, and names that are shown of each sort.
const AT_ONCE: i64 = 1_000;
const NAMES_SHOWN: usize = 100;
/// Longer values are told by their length.
const LONGEST_VALUE: usize = 2_000;
/// Attributes whose names say so are not shown.
const SECRETIVE: [&str; 4] = ["password", "secret", "token", "credential"];

/// An object's step before it is taken.
#[derive(Debug)]
pub(crate) struct Foreseen {
    /// Nothing where both sides agree.
    pub(crate) step: Option<PlanStep>,
    pub(crate) fingerprint: i64,
    pub(crate) members: MemberChange,
}

/// How a group's members change.
#[derive(Debug, Default)]
pub(crate) struct MemberChange {
    added: Names,
    removed: Names,
    /// Of all keys, shown or not.
    fingerprint: i64,
}

#[derive(Debug, Default)]
struct Names {
    count: i64,
    shown: Vec<String>,
}

impl EngineParts {
    /// `bare` is the fingerprint of what the mappings gave: without members, whose ids at the remote may not be
    /// known yet.
    pub(crate) async fn foresee(
        &self,
        context: &Context,
        plan: PlanId,
        subject: &Subject,
        bare: Option<Fingerprint>,
        step: &Step,
        desired: Option<&Desired>,
    ) -> Result<Foreseen, SyncError> {
        let members = match (subject.object, desired) {
            (ObjectId::Group(group), Some(_)) => self.member_change(context, plan, group).await?,
            (ObjectId::Group(_) | ObjectId::User(_), _) => MemberChange::default(),
        };
        let nothing = JsonObject::new();
        let sent = subject.link.as_ref().map_or(&nothing, |link| &link.sent);
        let is_destructive = guard::is_destructive(step, sent, desired.map(|desired| &desired.body));
        let planned = match step {
            Step::Keep if members.is_nothing() => None,
            Step::Create | Step::Recover => Some(PlanStep::Create),
            Step::Update { .. } if is_destructive => Some(PlanStep::Deactivate),
            Step::Keep | Step::Update { .. } => Some(PlanStep::Update),
            Step::Delete { .. } | Step::RecoverAndDelete => Some(PlanStep::Delete),
        };
        let remote_id = subject.link.as_ref().and_then(|link| link.state.remote_id());
        let sum = json!([bare.map(|it| it.0), members.fingerprint, remote_id]);
        Ok(Foreseen { step: planned, fingerprint: Fingerprint::of(&sum).0, members })
    }

    /// Whether a create whose answer was lost has made something that would be taken over.
    pub(crate) async fn would_adopt(&self, context: &Context, subject: &Subject, desired: &Desired) -> bool {
        let Some(link) = &subject.link else { return false };
        if !matches!(link.state, LinkState::Creating { .. }) {
            return false;
        }
        let kind = subject.object.kind();
        let search = Search {
            parts: self,
            context,
            kind,
            link: link.id,
            external_id: desired.external_id(),
            natural_key: desired.natural_key(kind),
            emails: &[],
        };
        matches!(search.find().await, Ok(Found::One { .. }))
    }

    async fn member_change(
        &self,
        context: &Context,
        plan: PlanId,
        group: GroupId,
    ) -> Result<MemberChange, SyncError> {
        let provider = context.provider.pk;
        let mut change = MemberChange::default();
        let mut after = None;
        loop {
            let read = move |conn: &mut _| sync_plans::joining(conn, provider, plan, group, after, AT_ONCE);
            let page = self.store.read(read).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key);
            change.note(&json!(["+", page.iter().map(|it| it.key.0).collect::<Vec<_>>()]));
            change.added.note(page.into_iter().map(|it| it.username));
        }
        let mut after = None;
        loop {
            let read = move |conn: &mut _| sync_plans::leaving(conn, provider, group, after, AT_ONCE);
            let page = self.store.read(read).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key);
            change.note(&json!(["-", page.iter().map(|it| it.key.0).collect::<Vec<_>>()]));
            change.removed.note(page.into_iter().map(|it| it.username));
        }
        // Not part of the fingerprint: which of them the remote has depends on how far a plan is applied.
        let read = move |conn: &mut _| sync_plans::children(conn, provider, group, AT_ONCE);
        let (joining, leaving) = self.store.read(read).await?;
        change.added.note(joining.into_iter());
        change.removed.note(leaving.into_iter());
        Ok(change)
    }
}

impl MemberChange {
    fn is_nothing(&self) -> bool {
        self.added.count == 0 && self.removed.count == 0
    }

    fn note(&mut self, keys: &Value) {
        self.fingerprint = Fingerprint::of(&json!([self.fingerprint, keys])).0;
    }
}

impl Names {
    fn note(&mut self, names: impl ExactSizeIterator<Item = String>) {
        self.count += i64::try_from(names.len()).unwrap_or(0);
        let room = NAMES_SHOWN.saturating_sub(self.shown.len());
        self.shown.extend(names.take(room));
    }
}

/// What people are shown of a step: each attribute that differs, and who joins and leaves.
pub(crate) fn differences(
    known: &JsonObject,
    desired: Option<&Desired>,
    members: &MemberChange,
) -> JsonObject {
    let mut detail = JsonObject::new();
    let attributes = desired.map(|desired| attributes(known, &desired.body)).unwrap_or_default();
    detail.insert("attributes".to_owned(), Value::Array(attributes));
    if !members.is_nothing() {
        let shown = json!({
            "n_added": members.added.count,
            "n_removed": members.removed.count,
            "added": members.added.shown,
            "removed": members.removed.shown,
        });
        detail.insert("members".to_owned(), shown);
    }
    detail
}

fn attributes(known: &JsonObject, wanted: &JsonObject) -> Vec<Value> {
    let is_shown = |name: &&String| !matches!(name.as_str(), "id" | "meta" | "members" | "groups");
    let names = wanted.keys().chain(known.keys().filter(|name| !wanted.contains_key(*name)));
    names
        .filter(is_shown)
        .filter(|name| known.get(*name) != wanted.get(*name))
        .map(|name| {
            let side = |body: &JsonObject| body.get(name).map_or(Value::Null, |value| shown(name, value));
            json!({"attribute": name, "from": side(known), "to": side(wanted)})
        })
        .collect()
}

/// A body as people may see it, attribute by attribute.
pub(crate) fn veiled(body: &JsonObject) -> JsonObject {
    body.iter().map(|(name, value)| (name.clone(), shown(name, value))).collect()
}

/// A value as people may see it: no secret, and not without end.
pub(crate) fn shown(name: &str, value: &Value) -> Value {
    let masked = masked(name, value);
    let length = masked.to_string().chars().count();
    if length > LONGEST_VALUE { json!(format!("({length} characters)")) } else { masked }
}

fn masked(name: &str, value: &Value) -> Value {
    let name = name.to_lowercase();
    if SECRETIVE.iter().any(|word| name.contains(word)) {
        return json!("***");
    }
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), masked(name, value))).collect())
        }
        Value::Array(items) => items.iter().map(|item| masked("", item)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(known: &Value, wanted: &Value, expected: &Value) {
        let object = |value: &Value| value.as_object().cloned().unwrap();
        assert_eq!(&Value::Array(attributes(&object(known), &object(wanted))), expected);
    }

    #[test]
    fn each_attribute_that_differs_is_told_with_both_values() {
        check(
            &json!({"userName": "ada", "title": "x", "id": "7"}),
            &json!({"userName": "eve", "active": true}),
            &json!([
                {"attribute": "userName", "from": "ada", "to": "eve"},
                {"attribute": "active", "from": null, "to": true},
                {"attribute": "title", "from": "x", "to": null},
            ]),
        );
        check(&json!({"a": 1}), &json!({"a": 1, "members": [1]}), &json!([]));
    }

    #[test]
    fn secrets_and_long_values_are_not_shown() {
        check(
            &json!({"urn:x": {"apiToken": "canary", "n": 1}}),
            &json!({"password": "canary", "urn:x": {"apiToken": "canary", "n": 2}}),
            &json!([
                {"attribute": "password", "from": null, "to": "***"},
                {"attribute": "urn:x", "from": {"apiToken": "***", "n": 1}, "to": {"apiToken": "***", "n": 2}},
            ]),
        );
        let long = "x".repeat(3_000);
        check(
            &json!({}),
            &json!({"a": long}),
            &json!([{"attribute": "a", "from": null, "to": "(3002 characters)"}]),
        );
    }
}
