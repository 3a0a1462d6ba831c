//! Applications.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use scimitar_domain::PolicyEngineMode as Mode;

use crate::{Paginated, Provider};

/// An application: what providers are attached to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Application {
    #[schema(read_only)]
    pub pk: Uuid,
    /// The same as `pk`, under the name of newer releases.
    #[schema(read_only)]
    pub pbm_uuid: Uuid,
    pub name: String,
    #[schema(max_length = 50, pattern = "^[-a-zA-Z0-9_]+$")]
    pub slug: String,
    pub provider: Option<i32>,
    /// Null without a provider.
    #[schema(read_only, required)]
    pub provider_obj: Option<Provider>,
    /// The providers that this application provisions through.
    pub backchannel_providers: Vec<i32>,
    #[schema(read_only)]
    pub backchannel_providers_obj: Vec<Provider>,
    #[schema(read_only, required)]
    pub launch_url: Option<String>,
    pub open_in_new_tab: bool,
    #[schema(format = "uri")]
    pub meta_launch_url: String,
    /// Always null: icons are not kept.
    #[schema(read_only, required)]
    pub meta_icon: Option<String>,
    #[schema(read_only, required)]
    pub meta_icon_url: Option<String>,
    #[schema(read_only, required)]
    pub meta_icon_themed_urls: Option<ThemedUrls>,
    pub meta_description: String,
    pub meta_publisher: String,
    #[schema(inline = false)]
    pub policy_engine_mode: PolicyEngineMode,
    pub group: String,
    pub meta_hide: bool,
}

/// One page of applications.
pub type PaginatedApplicationList = Paginated<Application>;

/// An icon's addresses, by theme.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ThemedUrls {
    pub light: Option<String>,
    pub dark: Option<String>,
}

/// How policies are joined. There are none; the field is kept for clients that set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyEngineMode {
    All,
    Any,
}

/// An application to create, or what to make of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApplicationRequest {
    #[schema(min_length = 1)]
    pub name: String,
    #[schema(min_length = 1, max_length = 50, pattern = "^[-a-zA-Z0-9_]+$")]
    pub slug: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<i32>,
    /// The providers that this application provisions through. Each is synced from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub backchannel_providers: Option<Vec<i32>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub open_in_new_tab: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uri")]
    pub meta_launch_url: Option<String>,
    /// Accepted and ignored: icons are not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub meta_icon: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub meta_description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub meta_publisher: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub policy_engine_mode: Option<PolicyEngineMode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub meta_hide: Option<bool>,
}

/// What to change of an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PatchedApplicationRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, max_length = 50, pattern = "^[-a-zA-Z0-9_]+$")]
    pub slug: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<i32>,
    /// The providers that this application provisions through. Each is synced from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub backchannel_providers: Option<Vec<i32>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub open_in_new_tab: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uri")]
    pub meta_launch_url: Option<String>,
    /// Accepted and ignored: icons are not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub meta_icon: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub meta_description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub meta_publisher: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub policy_engine_mode: Option<PolicyEngineMode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub meta_hide: Option<bool>,
}

/// How to narrow down a list of applications.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ApplicationListParams {
    /// Whose applications to list. There are no policies, so everybody has the same.
    #[param(nullable = false)]
    pub for_user: Option<i32>,
    #[param(nullable = false)]
    pub group: Option<String>,
    #[param(nullable = false)]
    pub meta_description: Option<String>,
    #[param(nullable = false)]
    pub meta_launch_url: Option<String>,
    #[param(nullable = false)]
    pub meta_publisher: Option<String>,
    #[param(nullable = false)]
    pub name: Option<String>,
    /// Only applications that can be opened.
    #[param(nullable = false)]
    pub only_with_launch_url: Option<bool>,
    #[param(nullable = false)]
    pub slug: Option<String>,
    /// List all applications, whatever policies say. There are no policies.
    #[param(nullable = false)]
    pub superuser_full_list: Option<bool>,
}

impl From<Mode> for PolicyEngineMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::All => Self::All,
            Mode::Any => Self::Any,
        }
    }
}
