//! Reading a PATCH request.

use serde_json::{Map, Value};

use crate::attribute::has_schema;
use crate::error::{Reason, ScimError, shown};
use crate::{Dialect, Path, urn};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    Add,
    Remove,
    Replace,
}

/// One operation, read but not yet understood: whether its path names something is for the schema to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Its place in the request, from 1, for the words of a refusal.
    pub number: usize,
    pub op: Op,
    pub path: Option<Path>,
    /// `null` where there is none: they mean the same (RFC 7643 §2.5).
    pub value: Value,
}

impl Op {
    pub const ALL: [Self; 3] = [Self::Add, Self::Remove, Self::Replace];

    pub fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
        }
    }

    /// The operation of this name. Entra says `Add`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.word().eq_ignore_ascii_case(word))
    }
}

/// The operations of a request, `max_operations` at most.
pub fn read(body: Value, dialect: &Dialect, max_operations: usize) -> Result<Vec<Operation>, ScimError> {
    if !body.is_object() {
        return Err(bad("the body must be a JSON object"));
    }
    if !dialect.loose_schemas && !has_schema(&body, urn::PATCH_OP) {
        return Err(bad(format!("`schemas` must name `{}`", urn::PATCH_OP)));
    }
    let Some(Value::Array(operations)) = take(body, "Operations") else {
        return Err(bad("`Operations` must be an array"));
    };
    if operations.is_empty() {
        return Err(bad("`Operations` is empty"));
    }
    if operations.len() > max_operations {
        let detail = format!("at most {max_operations} operations are allowed in one request");
        return Err(Reason::TooLarge.because(detail));
    }
    operations.into_iter().enumerate().map(|(n, operation)| one(n + 1, operation, dialect)).collect()
}

fn one(n: usize, operation: Value, dialect: &Dialect) -> Result<Operation, ScimError> {
    let Value::Object(operation) = operation else {
        return Err(bad(format!("operation {n} must be an object")));
    };
    let (mut op, mut path, mut value) = (None, Value::Null, None);
    for (name, found) in operation {
        if name.eq_ignore_ascii_case("op") {
            op = Some(found);
        } else if name.eq_ignore_ascii_case("path") {
            path = found;
        } else if name.eq_ignore_ascii_case("value") {
            value = Some(found);
        }
    }
    let op = op
        .as_ref()
        .and_then(Value::as_str)
        .and_then(Op::parse)
        .ok_or_else(|| bad(format!("`op` of operation {n} must be `add`, `remove` or `replace`")))?;
    let path = match path {
        Value::Null => None,
        Value::String(path) if path.trim().is_empty() && dialect.loose_values => None,
        Value::String(path) => Some(
            Path::parse(&path, &dialect.rules())
                .map_err(|error| error.reason.because(format!("operation {n}: {}", error.detail)))?,
        ),
        _ => return Err(bad(format!("`path` of operation {n} must be a text"))),
    };
    if value.is_none() && op != Op::Remove {
        let (word, what) = (op.word(), path.map(|path| shown(&path.to_string())).unwrap_or_default());
        return Err(bad(format!("operation {n} needs a `value` to {word} {what}").trim_end()));
    }
    Ok(Operation { number: n, op, path, value: value.unwrap_or(Value::Null) })
}

fn take(body: Value, name: &str) -> Option<Value> {
    let members: Map<String, Value> = match body {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => return None,
    };
    members.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn bad(detail: impl Into<String>) -> ScimError {
    Reason::InvalidSyntax.because(detail)
}
