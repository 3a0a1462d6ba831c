//! Why a mapping gave no result.

use thiserror::Error;

use crate::Limit;

/// Why an expression cannot be saved. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {message}{}", quote(.text))]
pub struct SyntaxFault {
    pub line: u32,
    pub column: u32,
    /// The offending line as its author wrote it.
    pub text: String,
    pub message: String,
}

/// Why an evaluation gave no result. `mapping` is the mapping's name.
#[derive(Debug, Error)]
pub enum MappingError {
    #[error("mapping `{mapping}` failed in line {line}, column {column}: {kind}: {message}{}", quote(.text))]
    Failed {
        mapping: String,
        /// The Python exception's type, such as `KeyError`.
        kind: String,
        message: String,
        line: u32,
        column: u32,
        /// The offending line as its author wrote it.
        text: String,
    },

    #[error("mapping `{mapping}` exceeded its {limit}")]
    LimitExceeded { mapping: String, limit: Limit },

    #[error("mapping `{mapping}` returned {kind} instead of a dict")]
    NotAnObject { mapping: String, kind: String },

    #[error("mapping `{mapping}` returned {kind} at `{path}`, which JSON cannot hold")]
    NotJson { mapping: String, path: String, kind: String },

    #[error("too much is waiting for the mapping engine, or mappings that overran their time still run")]
    Overloaded,

    #[error("the mapping engine has stopped")]
    Stopped,

    #[error("could not start a thread for mappings")]
    Thread(#[source] std::io::Error),
}

/// The end of a message that shows the line it speaks of.
fn quote(text: &str) -> String {
    match text.trim() {
        "" => String::new(),
        text => format!(" in `{text}`"),
    }
}
