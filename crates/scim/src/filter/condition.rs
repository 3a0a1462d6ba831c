//! What a filter means for one kind of resource.

use chrono::{DateTime, Utc};
use serde_json::Number;

use super::syntax::Operator;
use crate::schema::Target;

/// A filter whose names are attributes and whose literals have the attributes' types.
///
/// Absent values: `ne` holds, every other comparison does not, `pr` does not. `eq null` is `not (… pr)`.
/// Several values: a comparison holds when it holds for one of them (RFC 7644 §3.4.2.2).
#[derive(Debug, Clone, PartialEq)]
pub enum Condition<'s> {
    All(Vec<Condition<'s>>),
    Any(Vec<Condition<'s>>),
    Not(Box<Condition<'s>>),
    Compare(Comparison<'s>),
    Present(Target<'s>),
    /// One element of the attribute satisfies the condition, whose targets are sub-attributes of that element.
    Element(Target<'s>, Box<Condition<'s>>),
    /// Decided without looking: the attribute does not exist for this kind of resource.
    Constant(bool),
}

/// `target operator operand`.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison<'s> {
    pub target: Target<'s>,
    pub operator: Operator,
    pub operand: Operand,
}

/// A literal in the type of the attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    Boolean(bool),
    Number(Number),
    Instant(DateTime<Utc>),
    Text(Text),
}

/// A text, and its folded form where case makes no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub written: String,
    pub folded: Option<String>,
}

impl Text {
    /// What is compared: the folded form if there is one.
    pub fn key(&self) -> &str {
        self.folded.as_deref().unwrap_or(&self.written)
    }
}

/// What an attribute that the kind of resource does not have means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// The filter is refused: a question about one kind that nobody can answer.
    Refused,
    /// It has no value: a question about several kinds, some of which have it (RFC 7644 §3.4.2.1).
    Absent,
}
