//! What a mapping sees: plain data, gathered before the evaluation starts.

use serde_json::{Map, Value};

/// Everything in scope of an evaluation.
#[derive(Debug, Clone)]
pub struct Scope {
    pub subject: Subject,
    pub provider: ProviderView,
    /// The link to the remote resource; absent before the first create.
    pub connection: Option<ConnectionView>,
}

/// What is being mapped.
#[derive(Debug, Clone)]
pub enum Subject {
    User(Person),
    Group(Team),
    Received(Received),
}

/// What the client of a source sent, to be made into a user or a group.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// The whole resource, `data` in expressions. Each of its attributes is a variable too, with `_` for what a
    /// variable's name cannot hold.
    pub data: Map<String, Value>,
    /// What it has come to so far.
    pub properties: Map<String, Value>,
    pub source: SourceView,
}

/// The source whose client sent it.
#[derive(Debug, Clone, Default)]
pub struct SourceView {
    pub pk: String,
    pub name: String,
    pub slug: String,
}

/// A user as mappings see it.
#[derive(Debug, Clone, Default)]
pub struct Person {
    pub pk: i64,
    pub uuid: String,
    pub uid: String,
    pub username: String,
    pub name: String,
    pub email: String,
    pub is_active: bool,
    /// `internal`, `external`, `service_account` or `internal_service_account`.
    pub kind: String,
    pub path: String,
    pub attributes: Value,
    /// RFC 3339.
    pub date_joined: String,
    /// RFC 3339.
    pub last_login: Option<String>,
    /// A URL or a data URI; may be empty.
    pub avatar: String,
    /// Groups that the user is a member of. May be left empty where
    /// [`MappingSet::depends_on_groups`](crate::MappingSet::depends_on_groups) is false.
    pub groups: Vec<Team>,
    /// Groups above those.
    pub ancestors: Vec<Team>,
}

/// A group as mappings see it.
#[derive(Debug, Clone, Default)]
pub struct Team {
    pub uuid: String,
    pub num_pk: i64,
    pub name: String,
    pub is_superuser: bool,
    /// The parent's name.
    pub parent: Option<String>,
    pub attributes: Value,
}

/// The provider on whose behalf the mapping runs.
#[derive(Debug, Clone, Default)]
pub struct ProviderView {
    pub pk: i64,
    pub name: String,
    pub url: String,
}

/// The link between the local object and its remote resource.
#[derive(Debug, Clone, Default)]
pub struct ConnectionView {
    pub id: String,
    pub scim_id: String,
    /// What the remote last answered.
    pub attributes: Value,
}
