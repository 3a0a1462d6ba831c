//! Writing a bulk response (RFC 7644 §3.7).

use serde_json::{Map, Value, json};

use super::bulk::BulkMethod;
use crate::urn;

/// What became of one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkResult {
    pub method: BulkMethod,
    pub bulk_id: Option<String>,
    /// The address of the resource; `None` only for a POST that failed.
    pub location: Option<String>,
    pub version: Option<String>,
    pub status: u16,
    /// The error body when it failed.
    pub response: Option<Value>,
}

impl BulkResult {
    pub fn is_error(&self) -> bool {
        self.status >= 400
    }

    fn into_value(self) -> Value {
        let mut result = Map::new();
        result.insert("method".to_owned(), Value::from(self.method.word()));
        for (name, value) in
            [("bulkId", self.bulk_id), ("location", self.location), ("version", self.version)]
        {
            if let Some(value) = value {
                result.insert(name.to_owned(), Value::from(value));
            }
        }
        result.insert("status".to_owned(), Value::from(self.status.to_string()));
        if let Some(response) = self.response {
            result.insert("response".to_owned(), response);
        }
        Value::Object(result)
    }
}

/// The message, with the results in the order of their operations.
pub fn bulk_response(results: Vec<BulkResult>) -> Value {
    let results: Vec<_> = results.into_iter().map(BulkResult::into_value).collect();
    json!({"schemas": [urn::BULK_RESPONSE], "Operations": results})
}
