//! Property mappings: expressions that shape what a remote receives, or what is made of what a source sends.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::user::UnknownName;
use crate::{MappingId, rules};

/// A mapping as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    pub id: MappingId,
    pub kind: MappingKind,
    pub fields: MappingFields,
    /// Rises with every change; compiled expressions are cached by it.
    pub version: i64,
}

/// What a mapping is for. It never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MappingKind {
    /// Shapes what the remotes of providers receive.
    Provider,
    /// Shapes what users and groups are made of what a source sends.
    Source,
}

impl MappingKind {
    pub const ALL: [Self; 2] = [Self::Provider, Self::Source];

    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Source => "source",
        }
    }
}

impl FromStr for MappingKind {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

/// What a caller may set on a mapping. Whether the expression compiles is judged by the mapping engine.
#[derive(Debug, Clone, Default, PartialEq, Validate)]
pub struct MappingFields {
    #[validate(length(max = "rules::LONGEST_KEY", code = "max_length"), custom(function = rules::not_blank))]
    pub name: String,
    #[validate(custom(function = rules::not_blank), custom(function = expression_fits))]
    pub expression: String,
    /// A key by which programs find a mapping that they brought along.
    #[validate(length(max = "rules::LONGEST_KEY", code = "max_length"), custom(function = rules::not_blank))]
    pub managed: Option<String>,
}

fn expression_fits(expression: &str) -> Result<(), validator::ValidationError> {
    if expression.len() <= rules::LONGEST_EXPRESSION {
        return Ok(());
    }
    let mut error = validator::ValidationError::new(rules::code::MAX_LENGTH);
    error.add_param("max".into(), &rules::LONGEST_EXPRESSION);
    Err(error)
}
