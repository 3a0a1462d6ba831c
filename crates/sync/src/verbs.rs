//! The two ways to change a resource.

use serde::{Deserialize, Serialize};

/// A verb that changes a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    Patch,
    Put,
}

impl Verb {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Patch => Self::Put,
            Self::Put => Self::Patch,
        }
    }
}
