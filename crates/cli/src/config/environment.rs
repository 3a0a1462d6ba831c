//! The one place that reads the process's environment.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::fault::ConfigError;
use super::layers::{FILE_VARIABLE, PREFIX};

/// What the environment says that matters here. Tests make their own.
#[derive(Default)]
pub(crate) struct Environment {
    /// The variables that begin with our prefix.
    pub(crate) variables: BTreeMap<String, String>,
    /// Whether output must stay without colour (the convention of `NO_COLOR`).
    pub(crate) no_color: bool,
    /// The machine's name, where the environment tells it.
    pub(crate) host: Option<String>,
}

impl Environment {
    pub(crate) fn of_process() -> Result<Self, ConfigError> {
        let mut found = Self::default();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            match name.as_str() {
                "NO_COLOR" => found.no_color = !value.is_empty(),
                "HOSTNAME" => found.host = value.into_string().ok(),
                _ if name.starts_with(PREFIX) => {
                    let value = value.into_string().map_err(|_bytes| ConfigError::NotText(name.clone()))?;
                    found.variables.insert(name, value);
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// The configuration file that the environment names.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        self.variables.get(FILE_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
    }
}
