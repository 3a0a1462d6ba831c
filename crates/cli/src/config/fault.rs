//! What is wrong with a configuration, and where.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Where a value was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    BuiltIn,
    File { path: PathBuf, line: usize },
    Variable(String),
}

/// Why a configuration cannot be used. Never holds a value that may be a secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("unknown key `{key}` in {place}: did you mean `{nearest}`?")]
    UnknownKey { key: String, place: Place, nearest: String },

    #[error("unknown variable `{name}`: did you mean `{nearest}`?")]
    UnknownVariable { name: String, nearest: String },

    #[error("`{key}` must be {expected}, in {place}")]
    WrongKind { key: String, place: Place, expected: &'static str },

    #[error("`{key}` cannot be used: {reason}, in {place}")]
    Invalid { key: String, place: Place, reason: String },

    #[error("`{key}` is given twice: in {one} and, as a file, in {other}")]
    Twice { key: String, one: Place, other: Place },

    #[error("`{key}` cannot be read from its file `{}`", path.display())]
    Secret {
        key: String,
        path: PathBuf,
        #[source]
        source: io::Error,
    },

    #[error("the configuration file `{}` cannot be read", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },

    #[error("{place} is not TOML: {reason}")]
    NotToml { place: Place, reason: String },

    #[error("the variable `{0}` is not text")]
    NotText(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("the built-in defaults"),
            Self::File { path, line } => write!(f, "`{}`, line {line}", path.display()),
            Self::Variable(name) => write!(f, "`{name}`"),
        }
    }
}
