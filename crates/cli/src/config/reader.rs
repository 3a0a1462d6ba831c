//! Reading single keys: their type, their bounds, and secrets from files.

use std::fs::File;
use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use scimitar_domain::Secret;

use super::fault::{ConfigError, Place};
use super::file::Value;
use super::layers::{Given, Layers};

/// No secret is longer; what is, is not a file with a secret.
const LONGEST_SECRET: u64 = 64 * 1024;

/// Reads keys and takes them out of the layers.
pub(crate) struct Reader<'a> {
    layers: &'a mut Layers,
}

/// A secret as it was given.
pub(crate) enum GivenSecret {
    Nothing,
    Value {
        value: Secret<String>,
        place: Place,
    },
    /// The name of the file that holds it, unread.
    File {
        path: PathBuf,
        place: Place,
    },
}

impl<'a> Reader<'a> {
    pub(crate) fn new(layers: &'a mut Layers) -> Self {
        Self { layers }
    }

    /// A text, and whether it is more than the default.
    pub(crate) fn text(&mut self, key: &str) -> Result<(String, Place), ConfigError> {
        match self.take(key)? {
            Given { value: Value::Text(text), place } => Ok((text, place)),
            Given { place, .. } => Err(wrong(key, place, "a text in quotes")),
        }
    }

    /// A text that `parse` understands; otherwise `parse` says why not.
    pub(crate) fn parsed<T>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        let (text, place) = self.text(key)?;
        parse(&text).map_err(|reason| ConfigError::Invalid { key: key.to_owned(), place, reason })
    }

    /// A whole number within bounds.
    pub(crate) fn number<T>(&mut self, key: &str, bounds: RangeInclusive<i64>) -> Result<T, ConfigError>
    where
        T: TryFrom<i64>,
    {
        let Given { value, place } = self.take(key)?;
        let Value::Number(number) = value else { return Err(wrong(key, place, "a whole number")) };
        let fitting =
            Some(number).filter(|number| bounds.contains(number)).and_then(|it| T::try_from(it).ok());
        fitting.ok_or_else(|| {
            let reason = format!("{number} is not between {} and {}", bounds.start(), bounds.end());
            ConfigError::Invalid { key: key.to_owned(), place, reason }
        })
    }

    /// A list whose items `parse` understands.
    pub(crate) fn list<T>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, ConfigError> {
        let Given { value, place } = self.take(key)?;
        let Value::List(items) = value else { return Err(wrong(key, place, "a list of texts")) };
        let parsed: Result<Vec<T>, String> = items.iter().map(|item| parse(item)).collect();
        parsed.map_err(|reason| ConfigError::Invalid { key: key.to_owned(), place, reason })
    }

    /// A secret that was given itself or in a file, and where. An empty one counts as not given.
    pub(crate) fn secret(&mut self, key: &str) -> Result<Option<(Secret<String>, Place)>, ConfigError> {
        match self.secret_or_file(key)? {
            GivenSecret::Nothing => Ok(None),
            GivenSecret::Value { value, place } => Ok(Some((value, place))),
            GivenSecret::File { path, place } => match read_secret(&path) {
                Ok(value) => Ok(Some((value, place))),
                Err(source) => Err(ConfigError::Secret { key: key.to_owned(), path, source }),
            },
        }
    }

    /// The same without reading the file.
    pub(crate) fn secret_or_file(&mut self, key: &str) -> Result<GivenSecret, ConfigError> {
        let (text, one) = self.text(key)?;
        let (path, other) = self.text(&format!("{key}_file"))?;
        if path.is_empty() {
            let is_given = !text.is_empty();
            let value = GivenSecret::Value { value: Secret::new(text), place: one };
            return Ok(if is_given { value } else { GivenSecret::Nothing });
        }
        if !text.is_empty() && one != Place::BuiltIn {
            return Err(ConfigError::Twice { key: key.to_owned(), one, other });
        }
        Ok(GivenSecret::File { path: path.into(), place: other })
    }

    fn take(&mut self, key: &str) -> Result<Given, ConfigError> {
        // Only a key that `default.toml` lacks can be missing, which a test excludes.
        self.layers.take(key).ok_or_else(|| wrong(key, Place::BuiltIn, "there"))
    }
}

/// The file's text without the line end that editors leave.
pub(crate) fn read_secret(path: &Path) -> io::Result<Secret<String>> {
    let mut text = String::new();
    File::open(path)?.take(LONGEST_SECRET).read_to_string(&mut text)?;
    let text = text.trim();
    if text.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is empty"));
    }
    Ok(Secret::new(text.to_owned()))
}

fn wrong(key: &str, place: Place, expected: &'static str) -> ConfigError {
    ConfigError::WrongKind { key: key.to_owned(), place, expected }
}
