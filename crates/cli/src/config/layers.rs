//! The layers of the configuration: what is given later wins, and nothing unknown goes unnoticed.

use std::collections::BTreeMap;
use std::path::Path;

use super::fault::{ConfigError, Place};
use super::file::{self, Value};

const DEFAULTS: &str = include_str!("../default.toml");

/// The variables that begin so are ours.
pub(crate) const PREFIX: &str = "SCIMITAR_";
/// Names the configuration file.
pub(crate) const FILE_VARIABLE: &str = "SCIMITAR_CONFIG";
/// The test suite has variables of its own, and starts this program.
const TEST_PREFIX: &str = "SCIMITAR_TEST_";

/// Every known key with its value. Whoever reads a key takes it away.
pub(crate) struct Layers {
    values: BTreeMap<String, Given>,
}

/// A value and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) value: Value,
    pub(crate) place: Place,
}

impl Layers {
    /// The defaults; they say which keys there are, and of what kind.
    pub(crate) fn built_in() -> Result<Self, ConfigError> {
        let entries = file::read(Path::new("default.toml"), DEFAULTS)?.into_iter();
        let values = entries.map(|entry| (entry.key, Given { value: entry.value, place: Place::BuiltIn }));
        Ok(Self { values: values.collect() })
    }

    pub(crate) fn add_file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        for entry in file::read(path, text)? {
            let place = Place::File { path: path.to_owned(), line: entry.line };
            if entry.value == Value::Other && self.has_section(&entry.key) {
                continue;
            }
            let Some(known) = self.values.get_mut(&entry.key) else {
                let nearest = nearest(&entry.key, self.values.keys().cloned());
                return Err(ConfigError::UnknownKey { key: entry.key, place, nearest });
            };
            let value = fit(entry.value, &known.value).map_err(|expected| ConfigError::WrongKind {
                key: entry.key,
                place: place.clone(),
                expected,
            })?;
            *known = Given { value, place };
        }
        Ok(())
    }

    pub(crate) fn add_environment(
        &mut self,
        variables: &BTreeMap<String, String>,
    ) -> Result<(), ConfigError> {
        for (name, text) in variables {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            if name == FILE_VARIABLE || name.starts_with(TEST_PREFIX) {
                continue;
            }
            let key = rest.to_lowercase().replace("__", ".");
            let Some(known) = self.values.get_mut(&key).filter(|_| variable(&key) == *name) else {
                let nearest = nearest(name, self.values.keys().map(|key| variable(key)));
                return Err(ConfigError::UnknownVariable { name: name.clone(), nearest });
            };
            if text.is_empty() {
                continue;
            }
            let place = Place::Variable(name.clone());
            let value = read_as(text, &known.value).map_err(|expected| ConfigError::WrongKind {
                key,
                place: place.clone(),
                expected,
            })?;
            *known = Given { value, place };
        }
        Ok(())
    }

    /// Take a key away. Nothing is there when it was taken before or is not known.
    pub(crate) fn take(&mut self, key: &str) -> Option<Given> {
        self.values.remove(key)
    }

    /// The keys that nobody has taken.
    #[cfg(test)]
    pub(crate) fn left(&self) -> Vec<&str> {
        self.values.keys().map(String::as_str).collect()
    }

    fn has_section(&self, name: &str) -> bool {
        self.values.keys().any(|key| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
    }
}

/// The variable that sets a key.
pub(crate) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

/// The value, if it is of the same kind as the default; otherwise what kind it should have.
fn fit(value: Value, default: &Value) -> Result<Value, &'static str> {
    match (default, value) {
        (Value::Text(_), value @ Value::Text(_))
        | (Value::Number(_), value @ Value::Number(_))
        | (Value::List(_), value @ Value::List(_)) => Ok(value),
        (Value::Text(_), _) => Err("a text in quotes"),
        (Value::Number(_), _) => Err("a whole number"),
        (Value::List(_) | Value::Other, _) => Err("a list of texts"),
    }
}

/// A variable's text as a value of the default's kind.
fn read_as(text: &str, default: &Value) -> Result<Value, &'static str> {
    match default {
        Value::Text(_) => Ok(Value::Text(text.to_owned())),
        Value::Number(_) => text.trim().parse().map(Value::Number).map_err(|_no_number| "a whole number"),
        Value::List(_) | Value::Other => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(Value::List(items.map(str::to_owned).collect()))
        }
    }
}

fn nearest(name: &str, known: impl Iterator<Item = String>) -> String {
    known.min_by_key(|known| strsim::damerau_levenshtein(name, known)).unwrap_or_default()
}
