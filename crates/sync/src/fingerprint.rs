//! Fingerprints of what was last sent.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The first 64 bits of the SHA-256 of a body in canonical form: keys sorted, no white space.
///
/// Equal bodies have equal fingerprints, whatever the order of their keys. That two different bodies of one
/// object share a fingerprint is a matter of 1 in 2^64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub i64);

impl Fingerprint {
    pub fn of(body: &Value) -> Self {
        let mut hash = Sha256::new();
        feed(body, &mut hash);
        let digest = hash.finalize();
        let first = digest.iter().take(8).fold(0u64, |bits, byte| (bits << 8) | u64::from(*byte));
        Self(first.cast_signed())
    }
}

fn feed(value: &Value, hash: &mut Sha256) {
    match value {
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| name.as_str());
            hash.update([b'{']);
            hash.update(fields.len().to_be_bytes());
            for (name, value) in sorted {
                hash.update(name.len().to_be_bytes());
                hash.update(name.as_bytes());
                feed(value, hash);
            }
        }
        Value::Array(items) => {
            hash.update([b'[']);
            hash.update(items.len().to_be_bytes());
            for item in items {
                feed(item, hash);
            }
        }
        Value::String(text) => {
            hash.update([b'"']);
            hash.update(text.len().to_be_bytes());
            hash.update(text.as_bytes());
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            let text = value.to_string();
            hash.update([b'=']);
            hash.update(text.len().to_be_bytes());
            hash.update(text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn order_of_keys_does_not_matter_and_everything_else_does() {
        let one = Fingerprint::of(&json!({"a": 1, "b": [1, "x"]}));
        assert_eq!(one, Fingerprint::of(&json!({"b": [1, "x"], "a": 1})));
        for other in [
            json!({"a": 1, "b": ["x", 1]}),
            json!({"a": "1", "b": [1, "x"]}),
            json!({"a": 1, "b": [1, "x", null]}),
            json!({"ab": 1}),
            json!([]),
        ] {
            assert_ne!(one, Fingerprint::of(&other), "{other}");
        }
    }
}
