//! Tokens: the keys with which callers authenticate.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::user::UnknownName;
use crate::{Timestamp, TokenId, UserPk, rules};

/// A token as stored. Its key is kept as a hash for lookup and sealed for `view_key`, never here.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub id: TokenId,
    pub fields: TokenFields,
}

/// What a caller may set on a token.
#[derive(Debug, Clone, PartialEq, Validate)]
pub struct TokenFields {
    #[validate(length(max = 255, code = "max_length"), custom(function = rules::slug))]
    pub identifier: String,
    pub intent: Intent,
    pub user: UserPk,
    #[validate(length(max = "rules::LONGEST_TEXT", code = "max_length"), custom(function = rules::no_nul))]
    pub description: String,
    /// When it stops working, if `expiring`.
    pub expires: Option<Timestamp>,
    pub expiring: bool,
    #[validate(length(max = "rules::LONGEST_KEY", code = "max_length"), custom(function = rules::not_blank))]
    pub managed: Option<String>,
}

impl Token {
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.fields.expiring && self.fields.expires.is_some_and(|expires| expires <= now)
    }
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    Verification,
    Api,
    Recovery,
    AppPassword,
}

impl Intent {
    pub const ALL: [Self; 4] = [Self::Verification, Self::Api, Self::Recovery, Self::AppPassword];

    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::Api => "api",
            Self::Recovery => "recovery",
            Self::AppPassword => "app_password",
        }
    }
}

impl FromStr for Intent {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}
