//! Which resources have a certain value in a certain attribute.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

/// Keeps requests that look for one attribute independent of the number of resources.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) attribute: &'static str,
    exact: bool,
    rows: HashMap<String, BTreeSet<u64>>,
}

impl Index {
    /// `exact` as `caseExact` in RFC 7643 §7.
    pub(super) fn new(attribute: &'static str, exact: bool) -> Self {
        Self { attribute, exact, rows: HashMap::new() }
    }

    pub(super) fn insert(&mut self, row: u64, body: &Map<String, Value>) {
        for key in self.keys(body) {
            self.rows.entry(key).or_default().insert(row);
        }
    }

    pub(super) fn remove(&mut self, row: u64, body: &Map<String, Value>) {
        for key in self.keys(body) {
            if let Some(rows) = self.rows.get_mut(&key) {
                rows.remove(&row);
                if rows.is_empty() {
                    self.rows.remove(&key);
                }
            }
        }
    }

    pub(super) fn find(&self, value: &str) -> Option<&BTreeSet<u64>> {
        self.rows.get(&self.fold(value))
    }

    /// Values that more than one row has, in order.
    pub(super) fn shared(&self) -> Vec<(&str, &BTreeSet<u64>)> {
        let mut shared: Vec<_> = self
            .rows
            .iter()
            .filter(|(_, rows)| rows.len() > 1)
            .map(|(key, rows)| (key.as_str(), rows))
            .collect();
        shared.sort_unstable();
        shared
    }

    fn keys(&self, body: &Map<String, Value>) -> Vec<String> {
        match self.attribute.split_once('.') {
            None => lookup(body, self.attribute)
                .and_then(Value::as_str)
                .map(|text| self.fold(text))
                .into_iter()
                .collect(),
            Some((list, sub)) => match lookup(body, list) {
                Some(Value::Array(items)) => items
                    .iter()
                    .filter_map(|item| lookup(item.as_object()?, sub)?.as_str())
                    .map(|text| self.fold(text))
                    .collect(),
                _ => Vec::new(),
            },
        }
    }

    fn fold(&self, value: &str) -> String {
        if self.exact { value.to_owned() } else { value.to_lowercase() }
    }
}

/// An attribute by its name, in whatever case it was sent (RFC 7643 §2.1).
pub(super) fn lookup<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    body.get(name)
        .or_else(|| body.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The name as it stands in the body, or as it was asked for.
pub(super) fn spelling(body: &Map<String, Value>, name: &str) -> String {
    if body.contains_key(name) {
        return name.to_owned();
    }
    body.keys().find(|key| key.eq_ignore_ascii_case(name)).map_or_else(|| name.to_owned(), Clone::clone)
}
