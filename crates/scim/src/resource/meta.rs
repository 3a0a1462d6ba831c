//! What a service says about a resource (RFC 7643 §3.1).

use serde_json::{Map, Value};

/// The parts of `meta`. Instants are texts in the form of RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    pub resource_type: String,
    pub created: Option<String>,
    pub last_modified: Option<String>,
    /// The absolute address, the same as the `Location` header.
    pub location: Option<String>,
    /// The same as the `ETag` header.
    pub version: Option<String>,
}

impl Meta {
    pub fn to_value(&self) -> Value {
        let mut meta = Map::new();
        meta.insert("resourceType".to_owned(), Value::from(self.resource_type.clone()));
        for (name, value) in [
            ("created", &self.created),
            ("lastModified", &self.last_modified),
            ("location", &self.location),
            ("version", &self.version),
        ] {
            if let Some(value) = value {
                meta.insert(name.to_owned(), Value::from(value.clone()));
            }
        }
        Value::Object(meta)
    }
}
