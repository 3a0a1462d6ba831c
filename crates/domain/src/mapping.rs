//! Property mappings: expressions that shape what a remote receives.

use validator::Validate;

use crate::{MappingId, rules};

/// A mapping as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    pub id: MappingId,
    pub fields: MappingFields,
    /// Rises with every change; compiled expressions are cached by it.
    pub version: i64,
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
