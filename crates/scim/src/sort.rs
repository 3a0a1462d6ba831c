//! The order of a list (RFC 7644 §3.4.2.3).

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde_json::{Map, Number, Value};

use crate::AttrPath;
use crate::attribute::member;
use crate::error::{Reason, ScimError, shown};
use crate::filter::{compare_numbers, fold, instant};
use crate::resource::is_primary;
use crate::schema::{DataType, ResourceType, Returned, Target};

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SortOrder {
    #[default]
    Ascending,
    Descending,
}

impl SortOrder {
    /// Read `sortOrder`.
    pub fn parse(word: &str) -> Result<Self, ScimError> {
        if word.eq_ignore_ascii_case("ascending") {
            Ok(Self::Ascending)
        } else if word.eq_ignore_ascii_case("descending") {
            Ok(Self::Descending)
        } else {
            Err(Reason::InvalidValue.because("`sortOrder` must be `ascending` or `descending`"))
        }
    }
}

/// By which attribute, and which way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sort<'s> {
    pub target: Target<'s>,
    pub order: SortOrder,
}

/// What a resource is sorted by. Resources without a value come last, or first when the order is descending.
#[derive(Debug, Clone, PartialEq)]
pub enum SortKey {
    Boolean(bool),
    Number(Number),
    Instant(DateTime<Utc>),
    Text(String),
    Absent,
}

impl<'s> Sort<'s> {
    /// Read `sortBy`.
    pub fn read(kind: &'s ResourceType, sort_by: &str, order: SortOrder) -> Result<Self, ScimError> {
        let cannot = || Reason::InvalidValue.because(format!("there is no sorting by {}", shown(sort_by)));
        let path = AttrPath::parse(sort_by.trim()).ok_or_else(cannot)?;
        let mut target = kind.target(&path).ok_or_else(cannot)?;
        if target.leaf().is_complex() {
            target.sub = Some(target.attribute.default_sub().ok_or_else(cannot)?);
        }
        if target.leaf().returned == Returned::Never {
            return Err(cannot());
        }
        Ok(Self { target, order })
    }

    /// What `resource` is sorted by: the primary element of several, else the first.
    pub fn key(&self, resource: &Map<String, Value>) -> SortKey {
        self.value(resource).and_then(|value| self.key_of(value)).unwrap_or(SortKey::Absent)
    }

    /// The order of two keys.
    pub fn compare(&self, a: &SortKey, b: &SortKey) -> Ordering {
        match self.order {
            SortOrder::Ascending => ascending(a, b),
            SortOrder::Descending => ascending(b, a),
        }
    }

    fn value<'r>(&self, resource: &'r Map<String, Value>) -> Option<&'r Value> {
        let container = match self.target.extension {
            Some(extension) => member(resource, &extension.id)?.as_object()?,
            None => resource,
        };
        let value = match member(container, &self.target.attribute.name)? {
            Value::Array(elements) => elements.iter().find(|it| is_primary(it)).or(elements.first())?,
            single => single,
        };
        match (self.target.sub, value) {
            (Some(sub), Value::Object(parts)) => member(parts, &sub.name),
            (Some(_), _) => None,
            (None, value) => Some(value),
        }
    }

    fn key_of(&self, value: &Value) -> Option<SortKey> {
        let leaf = self.target.leaf();
        match (leaf.data_type, value) {
            (DataType::DateTime, Value::String(text)) => instant(text).map(SortKey::Instant),
            (_, Value::String(text)) if leaf.case_exact => Some(SortKey::Text(text.clone())),
            (_, Value::String(text)) => Some(SortKey::Text(fold(text).into_owned())),
            (_, Value::Bool(truth)) => Some(SortKey::Boolean(*truth)),
            (_, Value::Number(number)) => Some(SortKey::Number(number.clone())),
            (_, Value::Null | Value::Array(_) | Value::Object(_)) => None,
        }
    }
}

fn ascending(a: &SortKey, b: &SortKey) -> Ordering {
    match (a, b) {
        (SortKey::Boolean(a), SortKey::Boolean(b)) => a.cmp(b),
        (SortKey::Number(a), SortKey::Number(b)) => compare_numbers(a, b).unwrap_or(Ordering::Equal),
        (SortKey::Instant(a), SortKey::Instant(b)) => a.cmp(b),
        (SortKey::Text(a), SortKey::Text(b)) => a.cmp(b),
        // One attribute has one type; where a stored value strays, its type decides.
        (a, b) => rank(a).cmp(&rank(b)),
    }
}

fn rank(key: &SortKey) -> u8 {
    match key {
        SortKey::Boolean(_) => 0,
        SortKey::Number(_) => 1,
        SortKey::Instant(_) => 2,
        SortKey::Text(_) => 3,
        SortKey::Absent => 4,
    }
}
