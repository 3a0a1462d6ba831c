//! All resources of one kind, in the order of their creation, with their indexes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use scimitar_domain::Timestamp;

use super::index::Index;
use super::kind::Kind;
use super::resource::Resource;

#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: String,
    /// Without `id`, `meta` and `members`.
    pub(super) body: Map<String, Value>,
    pub(super) version: u64,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) members: BTreeSet<String>,
}

impl Row {
    pub(super) fn to_resource(&self) -> Resource {
        Resource { id: self.id.clone(), body: Value::Object(self.body.clone()), version: self.version }
    }
}

#[derive(Debug)]
pub(super) struct Shelf {
    rows: BTreeMap<u64, Row>,
    by_id: HashMap<String, u64>,
    indexes: Vec<Index>,
    next: u64,
}

impl Shelf {
    pub(super) fn new(kind: Kind) -> Self {
        let indexes = match kind {
            Kind::User => vec![
                Index::new("userName", false),
                Index::new("externalId", true),
                Index::new("displayName", false),
                Index::new("emails.value", false),
            ],
            Kind::Group => vec![Index::new("displayName", false), Index::new("externalId", true)],
        };
        Self { rows: BTreeMap::new(), by_id: HashMap::new(), indexes, next: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many there have ever been.
    pub(super) fn created(&self) -> u64 {
        self.next
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (u64, &Row)> {
        self.rows.iter().map(|(at, row)| (*at, row))
    }

    pub(super) fn at(&self, at: u64) -> Option<&Row> {
        self.rows.get(&at)
    }

    pub(super) fn place(&self, id: &str) -> Option<u64> {
        self.by_id.get(id).copied()
    }

    pub(super) fn get(&self, id: &str) -> Option<&Row> {
        self.rows.get(self.by_id.get(id)?)
    }

    /// For what no index covers: members.
    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Row> {
        self.rows.get_mut(self.by_id.get(id)?)
    }

    pub(super) fn index(&self, attribute: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.attribute.eq_ignore_ascii_case(attribute))
    }

    pub(super) fn insert(&mut self, id: String, body: Map<String, Value>, now: Timestamp) {
        let at = self.next;
        self.next += 1;
        for index in &mut self.indexes {
            index.insert(at, &body);
        }
        self.by_id.insert(id.clone(), at);
        let row = Row { id, body, version: 1, created: now, modified: now, members: BTreeSet::new() };
        self.rows.insert(at, row);
    }

    pub(super) fn replace(&mut self, id: &str, body: Map<String, Value>, now: Timestamp) {
        let Some(at) = self.place(id) else { return };
        let Some(row) = self.rows.get_mut(&at) else { return };
        for index in &mut self.indexes {
            index.remove(at, &row.body);
            index.insert(at, &body);
        }
        row.body = body;
        row.version += 1;
        row.modified = now;
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Row> {
        let at = self.by_id.remove(id)?;
        let row = self.rows.remove(&at)?;
        for index in &mut self.indexes {
            index.remove(at, &row.body);
        }
        Some(row)
    }

    pub(super) fn rename(&mut self, id: &str, new: &str) {
        let Some(at) = self.by_id.remove(id) else { return };
        self.by_id.insert(new.to_owned(), at);
        if let Some(row) = self.rows.get_mut(&at) {
            new.clone_into(&mut row.id);
        }
    }
}
