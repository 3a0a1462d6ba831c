//! Tokens.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use scimitar_domain::Intent;

use crate::{Moment, Paginated, User};

/// A token, without its key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Token {
    #[schema(read_only)]
    pub pk: Uuid,
    /// By which key a program finds a token that it brought along.
    #[schema(required)]
    pub managed: Option<String>,
    #[schema(max_length = 255, pattern = "^[-a-zA-Z0-9_]+$")]
    pub identifier: String,
    #[schema(inline = false)]
    pub intent: IntentEnum,
    pub user: i32,
    #[schema(read_only, inline = false)]
    pub user_obj: User,
    pub description: String,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub expires: Option<Moment>,
    pub expiring: bool,
}

/// One page of tokens.
pub type PaginatedTokenList = Paginated<Token>;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IntentEnum {
    Verification,
    Api,
    Recovery,
    AppPassword,
}

/// A token to create, or what to make of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1)]
    pub managed: Option<String>,
    #[schema(min_length = 1, max_length = 255, pattern = "^[-a-zA-Z0-9_]+$")]
    pub identifier: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub intent: Option<IntentEnum>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub description: Option<String>,
    /// Only heeded for the intent `app_password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expiring: Option<bool>,
}

/// What to change of a token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PatchedTokenRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1)]
    pub managed: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, max_length = 255, pattern = "^[-a-zA-Z0-9_]+$")]
    pub identifier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub intent: Option<IntentEnum>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub description: Option<String>,
    /// Only heeded for the intent `app_password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expiring: Option<bool>,
}

/// A token's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    #[schema(read_only)]
    pub key: String,
}

/// The key that a token is to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenSetKeyRequest {
    #[schema(min_length = 1)]
    pub key: String,
}

/// How to narrow down a list of tokens.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TokenListParams {
    #[param(nullable = false)]
    pub description: Option<String>,
    #[param(nullable = false, value_type = Option<String>, format = DateTime)]
    pub expires: Option<Moment>,
    #[param(nullable = false)]
    pub expiring: Option<bool>,
    #[param(nullable = false)]
    pub identifier: Option<String>,
    #[param(nullable = false, inline)]
    pub intent: Option<IntentEnum>,
    #[param(nullable = false)]
    pub managed: Option<String>,
    #[serde(rename = "user__username")]
    #[param(nullable = false)]
    pub user_username: Option<String>,
}

impl From<Intent> for IntentEnum {
    fn from(intent: Intent) -> Self {
        match intent {
            Intent::Verification => Self::Verification,
            Intent::Api => Self::Api,
            Intent::Recovery => Self::Recovery,
            Intent::AppPassword => Self::AppPassword,
        }
    }
}
