//! The value that a filter compares with.

use std::fmt;

use serde_json::{Number, Value};

/// What JSON can say in one word, as the grammar demands.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
}

impl Literal {
    /// The value as JSON.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(truth) => Value::Bool(*truth),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone()),
        }
    }

    /// A word without quotes. What is no JSON is a text where `bare_words` allows that: Entra's documentation has
    /// `externalId eq jyoung` and `active eq True`.
    pub(super) fn word(word: &str, bare_words: bool) -> Option<Self> {
        match word {
            "null" => return Some(Self::Null),
            "true" => return Some(Self::Boolean(true)),
            "false" => return Some(Self::Boolean(false)),
            _ => {}
        }
        if let Some(number) = number(word) {
            return Some(Self::Number(number));
        }
        if !bare_words || word.is_empty() {
            return None;
        }
        Some(match word {
            "True" => Self::Boolean(true),
            "False" => Self::Boolean(false),
            text => Self::Text(text.to_owned()),
        })
    }
}

/// A JSON number. Fractions are read by the standard library, because `serde_json` may miss the nearest one by a
/// bit, and a printed filter would read back as another.
fn number(word: &str) -> Option<Number> {
    let number: Number = serde_json::from_str(word).ok()?;
    if number.is_f64() { Number::from_f64(word.parse().ok()?) } else { Some(number) }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(truth) => write!(f, "{truth}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(&super::quoted(text)),
        }
    }
}
