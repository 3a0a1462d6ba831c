//! JSON from octets: the text itself where it is JSON, else each octet decides about what comes next.

use serde_json::{Map, Value};

/// Names that schemas and messages have, so that what is made gets past the first door.
const NAMES: &[&str] = &[
    "userName",
    "displayName",
    "name",
    "givenName",
    "emails",
    "value",
    "type",
    "primary",
    "active",
    "title",
    "roles",
    "manager",
    "department",
    "members",
    "id",
    "meta",
    "schemas",
    "password",
    "addresses",
    "x509Certificates",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "urn:ietf:params:scim:schemas:core:2.0:User",
    "urn:example:x",
    "name.givenName",
    "emails[type eq \"work\"].value",
    "Operations",
    "op",
    "path",
    "method",
    "bulkId",
    "data",
    "version",
    "$ref",
    "display",
    "USERNAME",
    "x",
];

const TEXTS: &[&str] = &[
    "ada",
    "work",
    "True",
    "",
    "add",
    "remove",
    "Replace",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "/Users",
    "/Users/bulkId:a",
    "bulkId:a",
    "a",
    "b",
    "title",
    "name.givenName",
    "emails[type eq \"work\"]",
    "emails[type eq \"home\"].value",
    "emails[primary eq true].primary",
    "members",
    "members[value eq \"a\"]",
    "manager",
    "id",
    "{\"value\":\"x\"}",
    "aGk=",
    "2024-01-01T00:00:00Z",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
];

/// The value that `input` stands for. Every input stands for one.
pub(crate) fn json(input: &[u8]) -> Value {
    if let Ok(value) = serde_json::from_slice(input) {
        return value;
    }
    let mut bytes = input.iter().copied();
    value(&mut bytes, 6)
}

fn value(bytes: &mut impl Iterator<Item = u8>, depth: usize) -> Value {
    let byte = bytes.next().unwrap_or(0);
    let n = usize::from(byte >> 4);
    match byte & 15 {
        0 => Value::Null,
        1 => Value::Bool(n % 2 == 0),
        2 => Value::from(i64::from(byte) - 100),
        3..=7 => Value::from(pick(TEXTS, bytes)),
        8..=10 if depth > 0 => (0..n % 5).map(|_| value(bytes, depth - 1)).collect(),
        _ if depth > 0 => {
            let mut members = Map::new();
            for _ in 0..n % 6 {
                members.insert(pick(NAMES, bytes).to_owned(), value(bytes, depth - 1));
            }
            Value::Object(members)
        }
        _ => Value::Null,
    }
}

fn pick(all: &[&'static str], bytes: &mut impl Iterator<Item = u8>) -> &'static str {
    let n = usize::from(bytes.next().unwrap_or(0));
    all.get(n % all.len()).copied().unwrap_or_default()
}
