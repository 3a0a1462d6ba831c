//! Applications: what a provider is attached to before it is synced.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::user::UnknownName;
use crate::{ApplicationId, ProviderPk, rules};

/// An application as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Application {
    pub id: ApplicationId,
    pub fields: ApplicationFields,
}

/// What a caller may set on an application.
#[derive(Debug, Clone, Default, PartialEq, Validate)]
pub struct ApplicationFields {
    #[validate(length(max = "rules::LONGEST_TEXT", code = "max_length"), custom(function = rules::not_blank))]
    pub name: String,
    #[validate(length(max = 50, code = "max_length"), custom(function = rules::slug))]
    pub slug: String,
    /// A provider of sign-in. Its kinds lie outside of provisioning; a SCIM provider may stand here too.
    pub provider: Option<ProviderPk>,
    /// The providers that this application provisions through.
    pub backchannel_providers: Vec<ProviderPk>,
    pub open_in_new_tab: bool,
    #[validate(length(max = "rules::LONGEST_TEXT", code = "max_length"), custom(function = rules::http_url_or_empty))]
    pub meta_launch_url: String,
    #[validate(length(max = "rules::LONGEST_TEXT", code = "max_length"), custom(function = rules::no_nul))]
    pub meta_description: String,
    #[validate(length(max = "rules::LONGEST_TEXT", code = "max_length"), custom(function = rules::no_nul))]
    pub meta_publisher: String,
    pub policy_engine_mode: PolicyEngineMode,
    #[validate(length(max = "rules::LONGEST_TEXT", code = "max_length"), custom(function = rules::no_nul))]
    pub group: String,
    pub meta_hide: bool,
}

/// Kept for clients that set it; this service has no policies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyEngineMode {
    All,
    #[default]
    Any,
}

impl PolicyEngineMode {
    pub const ALL: [Self; 2] = [Self::All, Self::Any];

    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Any => "any",
        }
    }
}

impl FromStr for PolicyEngineMode {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}
