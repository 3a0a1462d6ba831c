//! How what is stored is shown to the client of its source.

use chrono::SecondsFormat;
use scimitar_domain::{Group, SourceLink, Timestamp, User};
use scimitar_scim::resource::{Attributes, Meta};
use scimitar_scim::{ResourceKind, etag};
use scimitar_store::source_links::Named;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::Visit;

/// A resource with what stands beside it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) kind: ResourceKind,
    pub(crate) id: Uuid,
    /// As its client sent it, with its `externalId`.
    pub(crate) resource: Attributes,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    version: i64,
}

/// What the service keeps, and no client: it is shown, and never stored with the resource.
const KEPT_BY_US: [&str; 5] = ["id", "meta", "groups", "members", "password"];

impl Found {
    pub(crate) fn user(link: &SourceLink, user: &User) -> Self {
        let mut resource = stored(link);
        resource.entry("userName").or_insert_with(|| json!(user.fields.username));
        resource.entry("active").or_insert_with(|| json!(user.fields.is_active));
        Self {
            kind: ResourceKind::User,
            id: user.uuid.0,
            resource,
            created: link.created_at,
            modified: link.updated_at.max(user.last_updated),
            // Both only rise, so the sum differs after any change of either.
            version: link.version + user.version,
        }
    }

    pub(crate) fn group(link: &SourceLink, group: &Group) -> Self {
        let mut resource = stored(link);
        resource.entry("displayName").or_insert_with(|| json!(group.fields.name));
        Self {
            kind: ResourceKind::Group,
            id: group.id.0,
            resource,
            created: link.created_at,
            modified: link.updated_at,
            version: link.version + group.version,
        }
    }

    /// The weak tag of the resource as it is.
    pub(crate) fn tag(&self) -> String {
        etag::weak(u64::try_from(self.version).unwrap_or_default())
    }

    /// All of it. `related` is who is in the group, or which groups the user is in.
    pub(crate) fn shown(&self, visit: &Visit, related: &[Named]) -> Attributes {
        let mut shown = Attributes::with_capacity(self.resource.len() + 3);
        let schemas = self.resource.get("schemas").cloned();
        shown.insert("schemas".to_owned(), schemas.unwrap_or_else(|| json!([self.kind.schema()])));
        shown.insert("id".to_owned(), json!(self.id));
        for (name, value) in self.resource.iter().filter(|(_, value)| !value.is_null()) {
            shown.entry(name.clone()).or_insert_with(|| value.clone());
        }
        if !related.is_empty() {
            let (name, value) = self.related(visit, related);
            shown.insert(name.to_owned(), value);
        }
        let meta = Meta {
            resource_type: self.kind.name().to_owned(),
            created: Some(instant(self.created)),
            last_modified: Some(instant(self.modified)),
            location: Some(visit.location(self.kind, self.id)),
            version: Some(self.tag()),
        };
        shown.insert("meta".to_owned(), meta.to_value());
        shown
    }

    fn related(&self, visit: &Visit, related: &[Named]) -> (&'static str, Value) {
        let (name, kind, how) = match self.kind {
            ResourceKind::User => ("groups", ResourceKind::Group, "direct"),
            ResourceKind::Group => ("members", ResourceKind::User, "User"),
        };
        let elements = related.iter().map(|it| {
            let reference = visit.location(kind, it.id);
            let mut element = Attributes::new();
            element.insert("value".to_owned(), json!(it.id));
            element.insert("$ref".to_owned(), json!(reference));
            element.insert("type".to_owned(), json!(how));
            if !it.name.is_empty() {
                element.insert("display".to_owned(), json!(it.name));
            }
            Value::Object(element)
        });
        (name, elements.collect())
    }
}

/// What a client may change of a link's resource. People can write anything there through the API.
fn stored(link: &SourceLink) -> Attributes {
    let mut resource = link.fields.resource.as_object().cloned().unwrap_or_default();
    settle(&mut resource);
    if let Some(external_id) = &link.fields.external_id {
        resource.insert("externalId".to_owned(), json!(external_id));
    }
    resource
}

/// Take out what is not stored with a resource, and tell its `externalId`, which is stored beside it too.
pub(crate) fn settle(resource: &mut Attributes) -> Option<String> {
    resource.retain(|name, _| !KEPT_BY_US.iter().any(|kept| kept.eq_ignore_ascii_case(name)));
    match resource.shift_remove("externalId") {
        Some(Value::String(external_id)) if !external_id.is_empty() => Some(external_id),
        Some(_) | None => None,
    }
}

pub(crate) fn instant(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
