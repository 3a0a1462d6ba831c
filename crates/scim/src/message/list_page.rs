//! Writing `ListResponse` (RFC 7644 §3.4.2, RFC 9865 §2).

use serde_json::{Map, Value, json};

use crate::urn;

/// A page of a list, as it is answered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPage {
    /// How many there are on all pages; `None` when a walk by cursors need not know.
    pub total: Option<u64>,
    /// The number of the first resource, for pages by index.
    pub start: Option<u64>,
    pub resources: Vec<Value>,
    /// Not on the last page.
    pub next_cursor: Option<String>,
    /// Not on the first page.
    pub previous_cursor: Option<String>,
}

impl ListPage {
    /// A list that is never paged, such as those of discovery.
    pub fn whole(resources: Vec<Value>) -> Self {
        let total = Some(resources.len() as u64);
        Self { total, start: Some(1), resources, ..Self::default() }
    }

    /// The message. `Resources` is there even when it is empty: clients look for it.
    pub fn into_value(self) -> Value {
        let mut message = Map::new();
        message.insert("schemas".to_owned(), json!([urn::LIST_RESPONSE]));
        if let Some(total) = self.total {
            message.insert("totalResults".to_owned(), Value::from(total));
        }
        if let Some(start) = self.start {
            message.insert("startIndex".to_owned(), Value::from(start));
        }
        message.insert("itemsPerPage".to_owned(), Value::from(self.resources.len()));
        for (name, cursor) in [("nextCursor", self.next_cursor), ("previousCursor", self.previous_cursor)] {
            if let Some(cursor) = cursor {
                message.insert(name.to_owned(), Value::from(cursor));
            }
        }
        message.insert("Resources".to_owned(), Value::Array(self.resources));
        Value::Object(message)
    }
}
