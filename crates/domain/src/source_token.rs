//! Tokens of a source beyond its documented one: several at once, each for one purpose, so that one can be replaced
//! while the other still works.

use validator::Validate;

use crate::{SourceId, SourceTokenId, Timestamp, rules};

/// A token as stored. Its key is kept as a hash only: it is shown once, when it is made.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceToken {
    pub id: SourceTokenId,
    pub source: SourceId,
    pub fields: SourceTokenFields,
    pub created_at: Timestamp,
    /// To the minute. `None` as long as nobody has come with it.
    pub last_used_at: Option<Timestamp>,
}

/// What a caller may set on it.
#[derive(Debug, Clone, PartialEq, Validate)]
pub struct SourceTokenFields {
    /// What people call it.
    #[validate(length(max = "rules::LONGEST_KEY", code = "max_length"), custom(function = rules::not_blank))]
    pub name: String,
    pub scope: SourceScope,
    /// When it stops working, if ever.
    pub expires_at: Option<Timestamp>,
}

/// What of a source's service a token opens. What a service says of itself is open to every token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceScope {
    pub users: bool,
    pub groups: bool,
    /// Nothing can be changed with it.
    pub read_only: bool,
}

impl SourceScope {
    /// What the documented token of a source opens.
    pub const ALL: Self = Self { users: true, groups: true, read_only: false };
}

impl SourceToken {
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.fields.expires_at.is_some_and(|at| at <= now)
    }
}
