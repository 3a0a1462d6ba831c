//! What a provider makes of groups that stand in a tree.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::user::UnknownName;

/// What the members of a group are at a remote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NestedGroups {
    /// Its direct users.
    #[default]
    Direct,
    /// Its users and those of all groups below it.
    Flattened,
    /// Its direct users, and the groups right below it.
    Members,
}

impl NestedGroups {
    pub const ALL: [Self; 3] = [Self::Direct, Self::Flattened, Self::Members];

    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Flattened => "flattened",
            Self::Members => "members",
        }
    }
}

impl FromStr for NestedGroups {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}
