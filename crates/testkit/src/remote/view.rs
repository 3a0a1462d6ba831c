//! A stored resource as JSON.

use chrono::SecondsFormat;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::behaviour::{Etag, IdStyle};
use super::call::Call;
use super::kind::Kind;
use super::percent;
use super::shelf::Row;

/// Which attributes the request wants to see (RFC 7644 §3.9); top-level names only.
#[derive(Debug, Clone, Default)]
pub(super) struct Projection {
    only: Option<Vec<String>>,
    except: Vec<String>,
}

impl Projection {
    pub(super) fn of(call: &Call, hide_members: bool) -> Self {
        let names = |list: &str| list.split(',').map(|name| name.trim().to_owned()).collect();
        let only = call.parameter("attributes").map(names);
        let mut except: Vec<String> = call.parameter("excludedAttributes").map(names).unwrap_or_default();
        if hide_members {
            except.push("members".to_owned());
        }
        Self { only, except }
    }

    /// `id` is always there, and `schemas` too (RFC 7643 §7: returned "always" and "default").
    fn shows(&self, name: &str) -> bool {
        let is = |listed: &String| listed.eq_ignore_ascii_case(name);
        self.only.as_ref().is_none_or(|only| only.iter().any(is) || name == "schemas")
            && !self.except.iter().any(is)
    }
}

pub(super) struct View<'a> {
    pub(super) kind: Kind,
    pub(super) row: &'a Row,
    pub(super) ids: IdStyle,
    pub(super) base: &'a str,
    pub(super) projection: &'a Projection,
    pub(super) etag: Etag,
}

impl View<'_> {
    /// The version, where this service tells it.
    pub(super) fn version(&self) -> Option<String> {
        (self.etag != Etag::Absent).then(|| version(self.row))
    }

    pub(super) fn location(&self) -> String {
        format!("{}/{}/{}", self.base, self.kind.endpoint(), percent::encode(&self.row.id))
    }
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &Id { text: &self.row.id, style: self.ids })?;
        for (name, value) in &self.row.body {
            if self.projection.shows(name) {
                map.serialize_entry(name, value)?;
            }
        }
        if self.kind == Kind::Group && self.projection.shows("members") {
            map.serialize_entry("members", &Members { view: self })?;
        }
        if self.projection.shows("meta") {
            map.serialize_entry("meta", &Meta { view: self })?;
        }
        map.end()
    }
}

/// A row's version as a weak tag.
pub(super) fn version(row: &Row) -> String {
    format!("W/\"{}\"", row.version)
}

/// An id in this service's style.
pub(super) struct Id<'a> {
    pub(super) text: &'a str,
    pub(super) style: IdStyle,
}

impl Serialize for Id<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.style, self.text.parse::<u64>()) {
            (IdStyle::Integer, Ok(number)) => serializer.serialize_u64(number),
            _ => serializer.serialize_str(self.text),
        }
    }
}

struct Members<'a> {
    view: &'a View<'a>,
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.view.row.members.iter().map(|id| Member { id, style: self.view.ids }))
    }
}

struct Member<'a> {
    id: &'a str,
    style: IdStyle,
}

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("value", &Id { text: self.id, style: self.style })?;
        map.end()
    }
}

struct Meta<'a> {
    view: &'a View<'a>,
}

impl Serialize for Meta<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let row = self.view.row;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("resourceType", self.view.kind.name())?;
        map.serialize_entry("created", &row.created.to_rfc3339_opts(SecondsFormat::Millis, true))?;
        map.serialize_entry("lastModified", &row.modified.to_rfc3339_opts(SecondsFormat::Millis, true))?;
        map.serialize_entry("location", &self.view.location())?;
        if let Some(version) = self.view.version().filter(|_| self.view.etag != Etag::InHeader) {
            map.serialize_entry("version", &version)?;
        }
        map.end()
    }
}
