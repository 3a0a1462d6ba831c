//! The configuration: what is built in, then a file, then the environment. Nobody else reads either.

mod environment;
mod fault;
mod file;
mod layers;
mod reader;
mod sections;
#[cfg(test)]
mod tests;
mod webhooks;

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use self::environment::Environment;
pub(crate) use self::fault::ConfigError;
use self::layers::Layers;
use self::reader::Reader;
pub(crate) use self::reader::read_secret;
pub(crate) use self::sections::{Config, Database, Format, KeySource, Log};

/// The file that is read when it exists and no other is named.
const USUAL_FILE: &str = "scimitar.toml";

impl Config {
    /// Read the configuration of this process. `file` is the one that the command line names.
    pub(crate) fn load(environment: &Environment, file: Option<&Path>) -> Result<Self, ConfigError> {
        let named = file.map(Path::to_owned).or_else(|| environment.file());
        let path = named.or_else(|| Some(PathBuf::from(USUAL_FILE)).filter(|path| path.exists()));
        let text = match &path {
            Some(path) => {
                fs::read_to_string(path).map_err(|source| ConfigError::File { path: path.clone(), source })?
            }
            None => String::new(),
        };
        Self::of(path.as_deref().unwrap_or(Path::new(USUAL_FILE)), &text, environment)
    }

    /// Read a configuration from a file's text and the environment.
    pub(crate) fn of(path: &Path, text: &str, environment: &Environment) -> Result<Self, ConfigError> {
        let mut layers = Layers::built_in()?;
        layers.add_file(path, text)?;
        layers.add_environment(&environment.variables)?;
        Self::read(&mut Reader::new(&mut layers))
    }
}
