//! Drift: what a remote holds that is other than what was last sent to it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::user::UnknownName;
use crate::{ObjectId, Timestamp};

/// Whether a provider's remote is compared with what was last sent, and what follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftMode {
    #[default]
    Off,
    /// What differs is told.
    Report,
    /// What differs is told, and sent again.
    Repair,
}

impl DriftMode {
    pub const ALL: [Self; 3] = [Self::Off, Self::Report, Self::Repair];

    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Report => "report",
            Self::Repair => "repair",
        }
    }
}

impl FromStr for DriftMode {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

/// One attribute that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    pub attribute: String,
    /// What was last sent; of members, those that are missing.
    pub sent: Value,
    /// What the remote holds; of members, those that it should not have. Null where there is nothing.
    pub found: Value,
}

/// An object whose remote resource differs from what was last sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    pub object: ObjectId,
    pub remote_id: String,
    /// The remote does not have the resource any more.
    pub is_missing: bool,
    pub differences: Vec<Difference>,
    /// It was sent again because of that.
    pub is_repaired: bool,
    pub found_at: Timestamp,
}

/// The last check of a provider's remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftCheck {
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub repairs: bool,
    /// Resources that were compared.
    pub compared: i64,
    pub differing: i64,
    pub missing: i64,
    /// Resources that stand for nothing here.
    pub unmanaged: i64,
    /// Why the check is not complete, if so.
    pub detail: Option<String>,
}
