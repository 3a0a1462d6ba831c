//! What is known of vendors beforehand. Data only: the code reads the profile and names no vendor.
//!
//! A profile is a TOML file of what differs from the default. Those of `profiles/` are built in; the operator's own
//! come after them, and one of the same name takes the place of the built-in one.

mod catalogue;
mod host;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use scimitar_domain::{Deprovisioning, JsonObject, ObjectKind};
use scimitar_scim::{Capabilities, FilterSupport, ResourceKind, patch};
use scimitar_store::members::Member;

pub use self::catalogue::{Chosen, ChosenBy, ProfileError, Profiles};
use crate::desired::resource_kind;
use crate::verbs::Verb;

/// How a vendor's remote differs from what it says, or is silent about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Whose remote it is, for people.
    pub title: String,
    /// Where such remotes are: a host, with `*` for one label or, at the beginning, for several; a path may follow.
    pub hosts: Vec<String>,
    /// Where the remote describes itself; empty where asking is known to fail.
    pub discovery: String,
    /// Whether it filters, whatever it says.
    pub filter: Option<bool>,
    /// Whether changes may name the version that they are made for, whatever it says.
    pub etag: Option<bool>,
    /// Whether changes of users go together in one request.
    pub bulk: Bulk,
    /// Whether a PUT carries the resource's `id`. Strict services take it for an attempt to change what is read-only.
    pub id_in_body: bool,
    pub users: KindProfile,
    pub groups: KindProfile,
    pub members: MemberProfile,
    /// How often the remote may be called, by all replicas together. None: as fast as it answers.
    pub rate: Option<Rate>,
}

/// Calls that a remote bears.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// On the long run; less than one is allowed.
    pub per_second: f64,
    /// At once, after a while without any.
    pub burst: u32,
}

/// How one kind of resource is dealt with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KindProfile {
    /// Whether the remote has this kind at all. What it does not have is left alone.
    pub offered: bool,
    /// The verbs that change a resource, the one to begin with first. Empty: as the remote says and takes.
    pub change: Vec<Verb>,
    pub patch_form: PatchForm,
    /// The only attributes that a PATCH may carry; empty: all.
    pub patched: Vec<String>,
    /// The only attributes that are sent at all; empty: all.
    pub only: Vec<String>,
    /// Attributes that are not sent. An extension goes by its URN.
    pub refused: Vec<String>,
    /// What a new provider does with whoever leaves, unless it says otherwise.
    pub leave: Leave,
}

/// Whether changes go together in one request (RFC 7644 §3.7).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bulk {
    /// Where the remote says that it takes them.
    #[default]
    Auto,
    /// Whatever it says.
    Never,
}

/// How a PATCH sets attributes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatchForm {
    /// One operation for each attribute, with its path.
    #[default]
    Each,
    /// One operation without a path that carries them all.
    AtOnce,
}

/// What becomes of the remote resource of a user or group that leaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leave {
    #[default]
    Delete,
    Deactivate,
}

/// How members of groups are dealt with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MemberProfile {
    pub removed_by: RemovedBy,
    /// Members in one request, at most.
    pub per_request: Option<usize>,
    /// The `type` that members carry.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Whether a group that is read shows its members.
    pub shown: bool,
}

/// How a PATCH removes members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovedBy {
    /// `members[value eq "…"]` (RFC 7644 §3.5.2.2).
    #[default]
    ValuePath,
    /// `members` with a list of values, as Entra sends it.
    ValueList,
}

impl RemovedBy {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::ValuePath => Self::ValueList,
            Self::ValueList => Self::ValuePath,
        }
    }

    /// The operations that remove these members.
    pub(crate) fn removal(self, remote_ids: &[&str]) -> Vec<Value> {
        match self {
            Self::ValuePath => remote_ids.iter().map(|id| patch::remove_member(id)).collect(),
            Self::ValueList if remote_ids.is_empty() => Vec::new(),
            Self::ValueList => {
                vec![patch::remove_members_legacy(remote_ids.iter().map(|id| patch::member(id)).collect())]
            }
        }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            title: String::new(),
            hosts: Vec::new(),
            discovery: "ServiceProviderConfig".to_owned(),
            filter: None,
            etag: None,
            bulk: Bulk::default(),
            id_in_body: true,
            users: KindProfile::default(),
            groups: KindProfile::default(),
            members: MemberProfile::default(),
            rate: None,
        }
    }
}

impl Default for KindProfile {
    fn default() -> Self {
        Self {
            offered: true,
            change: Vec::new(),
            patch_form: PatchForm::default(),
            patched: Vec::new(),
            only: Vec::new(),
            refused: Vec::new(),
            leave: Leave::default(),
        }
    }
}

impl Default for MemberProfile {
    fn default() -> Self {
        Self { removed_by: RemovedBy::default(), per_request: None, kind: None, shown: true }
    }
}

impl Profile {
    pub(crate) fn kind(&self, kind: ObjectKind) -> &KindProfile {
        match kind {
            ObjectKind::User => &self.users,
            ObjectKind::Group => &self.groups,
        }
    }

    /// What the remote says, corrected by what is known of it.
    pub(crate) fn amend(&self, mut said: Capabilities) -> Capabilities {
        if let Some(supported) = self.filter {
            let max_results = said.filter.and_then(|filter| filter.max_results);
            said.filter = Some(FilterSupport { supported, max_results });
        }
        said.etag = self.etag.or(said.etag);
        said.bulk = said.bulk.filter(|_| self.bulk == Bulk::Auto);
        said
    }

    /// What an operator says in the remote's place, completed by what is known of it.
    pub(crate) fn complete(&self, mut said: Capabilities) -> Capabilities {
        let (etag, bulk) = (said.etag, said.bulk);
        if said.filter.is_none() {
            said = self.amend(said);
        }
        said.etag = etag.or(self.etag);
        said.bulk = bulk;
        said
    }

    /// What a new provider does with objects that leave, unless it says otherwise.
    pub fn deprovisioning(&self, kind: ObjectKind) -> Deprovisioning {
        match self.kind(kind).leave {
            Leave::Delete => Deprovisioning::Delete,
            Leave::Deactivate => Deprovisioning::Deactivate,
        }
    }

    /// What would make the profile do nothing, or the wrong thing.
    fn fault(&self) -> Option<String> {
        for kind in [ObjectKind::User, ObjectKind::Group] {
            let (word, key) = (kind.as_str(), resource_kind(kind).natural_key());
            let of_kind = self.kind(kind);
            let drops = |name: &str| !of_kind.sends(name);
            if let Some(name) = [key, "schemas"].into_iter().find(|name| drops(name)) {
                return Some(format!("{word}s: no {word} can be sent without `{name}`"));
            }
            if matches!(of_kind.change.as_slice(), [first, second, ..] if first == second) {
                return Some(format!("{word}s: `change` names a verb twice"));
            }
            if !self.deprovisioning(kind).fits(kind) {
                return Some(format!("{word}s: `leave` cannot be \"deactivate\", a {word} has no `active`"));
            }
        }
        if self.rate.is_some_and(|rate| !(0.001..=100_000.0).contains(&rate.per_second) || rate.burst == 0) {
            return Some("rate: `per_second` is from 0.001 to 100000, and `burst` at least 1".to_owned());
        }
        if self.members.per_request == Some(0) {
            return Some("members: `per_request` must be at least 1".to_owned());
        }
        None
    }
}

impl MemberProfile {
    /// A member as the remote wants to be told of it. A group always says what it is (RFC 7643 §4.2).
    pub(crate) fn member(&self, member: &Member) -> Value {
        match &self.kind {
            _ if member.is_group => patch::typed_member(&member.remote_id, ResourceKind::Group.name()),
            Some(kind) => patch::typed_member(&member.remote_id, kind),
            None => patch::member(&member.remote_id),
        }
    }
}

impl KindProfile {
    /// Whether the remote takes this attribute.
    fn sends(&self, name: &str) -> bool {
        let has = |list: &[String]| list.iter().any(|it| it.eq_ignore_ascii_case(name));
        let is_wanted = self.only.is_empty() || name == "schemas" || has(&self.only);
        is_wanted && !has(&self.refused)
    }

    /// Whether a PATCH may carry this attribute.
    pub(crate) fn patches(&self, name: &str) -> bool {
        self.patched.is_empty() || self.patched.iter().any(|it| it.eq_ignore_ascii_case(name))
    }

    /// Whether this verb is worth a try.
    pub(crate) fn may_change_by(&self, verb: Verb) -> bool {
        self.change.is_empty() || self.change.contains(&verb)
    }

    /// Whether every body may go as it is.
    pub(crate) fn sends_all(&self) -> bool {
        self.only.is_empty() && self.refused.is_empty()
    }

    /// Take out what the remote does not take. An extension that is not sent is not named among the schemas.
    pub(crate) fn trim(&self, body: &mut JsonObject) {
        let dropped: Vec<String> = body.keys().filter(|name| !self.sends(name)).cloned().collect();
        for name in &dropped {
            body.shift_remove(name);
        }
        if let Some(Value::Array(schemas)) = body.get_mut("schemas") {
            schemas.retain(|urn| urn.as_str().is_none_or(|urn| !dropped.iter().any(|name| name == urn)));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(profile: &KindProfile, body: &Value, expected: &Value) {
        let mut body = body.as_object().unwrap().clone();
        profile.trim(&mut body);
        assert_eq!(&Value::Object(body), expected);
    }

    #[test]
    fn what_a_remote_does_not_take_is_left_out_and_so_is_its_schema() {
        let body =
            json!({"schemas": ["urn:core", "urn:x"], "userName": "ada", "Title": "Dr", "urn:x": {"a": 1}});
        check(&KindProfile::default(), &body, &body);
        check(
            &KindProfile { refused: vec!["title".to_owned(), "urn:x".to_owned()], ..KindProfile::default() },
            &body,
            &json!({"schemas": ["urn:core"], "userName": "ada"}),
        );
        check(
            &KindProfile { only: vec!["userName".to_owned(), "title".to_owned()], ..KindProfile::default() },
            &body,
            &json!({"schemas": ["urn:core"], "userName": "ada", "Title": "Dr"}),
        );
    }

    #[test]
    fn a_profile_fills_in_and_an_operator_has_the_last_word() {
        let profile = Profile { filter: Some(true), ..Profile::default() };
        let said = |document: Value| Capabilities::read(&document);
        let silent = said(json!({"patch": {"supported": true}}));
        let denying = said(json!({"filter": {"supported": false, "maxResults": 5}}));
        assert_eq!(profile.amend(silent).filters(), Some(true));
        assert_eq!(profile.amend(silent).patch, Some(true));
        let amended = profile.amend(denying).filter.unwrap();
        assert_eq!((amended.supported, amended.max_results), (true, Some(5)));
        assert_eq!(profile.complete(silent).filters(), Some(true));
        assert_eq!(profile.complete(denying).filters(), Some(false));
        assert_eq!(Profile::default().amend(denying), denying);

        let profile = Profile { bulk: Bulk::Never, ..Profile::default() };
        let offering = said(json!({"bulk": {"supported": true, "maxOperations": 9}}));
        assert_eq!(profile.amend(offering).bulk, None);
        assert_eq!(profile.complete(offering).bulk, offering.bulk);
        assert_eq!(Profile::default().amend(offering).bulk, offering.bulk);

        let profile = Profile { etag: Some(false), ..Profile::default() };
        let offering = said(json!({"etag": {"supported": true}}));
        assert_eq!((profile.amend(offering).etag, profile.amend(silent).etag), (Some(false), Some(false)));
        assert_eq!(
            (profile.complete(offering).etag, profile.complete(silent).etag),
            (Some(true), Some(false))
        );
    }
}
