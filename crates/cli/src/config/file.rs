//! A TOML text as a list of keys, each with its line.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{ConfigError, Place};

/// A value of the kinds that the configuration knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Number(i64),
    List(Vec<String>),
    /// Any other kind; no key has it.
    Other,
}

/// One key of the file, with its table's name before it: `http.listen`.
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) value: Value,
    pub(crate) line: usize,
}

/// Read a file's text. A table without keys is an entry of its own, so that a misspelt one does not go unnoticed.
pub(crate) fn read(path: &Path, text: &str) -> Result<Vec<Entry>, ConfigError> {
    let table = DeTable::parse(text).map_err(|error| ConfigError::NotToml {
        place: Place::File { path: path.to_owned(), line: line_of(text, error.span()) },
        // Only the reason: the error's full text quotes the line, and a secret may stand there.
        reason: error.message().to_owned(),
    })?;
    let mut entries = Vec::new();
    flatten(text, "", table.get_ref(), &mut entries);
    Ok(entries)
}

fn flatten(text: &str, prefix: &str, table: &DeTable<'_>, entries: &mut Vec<Entry>) {
    for (name, value) in table {
        let key = format!("{prefix}{}", name.get_ref());
        if let DeValue::Table(inner) = value.get_ref()
            && !inner.is_empty()
        {
            flatten(text, &format!("{key}."), inner, entries);
        } else {
            entries.push(Entry { key, value: of_kind(value), line: line_of(text, Some(name.span())) });
        }
    }
}

fn of_kind(value: &Spanned<DeValue<'_>>) -> Value {
    match value.get_ref() {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Other, Value::Number)
        }
        DeValue::Array(items) => {
            let texts = items.iter().map(|item| match item.get_ref() {
                DeValue::String(text) => Some(text.clone().into_owned()),
                _other_kind => None,
            });
            texts.collect::<Option<Vec<_>>>().map_or(Value::Other, Value::List)
        }
        DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Table(_) => Value::Other,
    }
}

fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
    before.matches('\n').count() + 1
}
