//! What the settings of a provider choose among.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use scimitar_domain::{AuthMode, CompatibilityMode, Deprovisioning, DriftMode, NestedGroups};

/// Which vendor's reading of SCIM the remote speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompatibilityModeEnum {
    Default,
    Aws,
    Slack,
    Sfdc,
    Gitlab,
    Webex,
    Vcenter,
}

/// What the members of a group are at a remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NestedGroupsEnum {
    /// Its direct users.
    Direct,
    /// Its users and those of all groups below it.
    Flattened,
    /// Its direct users, and the groups right below it.
    Members,
}

/// Whether a remote is compared with what was last sent to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftCheckEnum {
    Off,
    /// What differs is told.
    Report,
    /// What differs is told, and sent again.
    Repair,
}

/// What becomes of a remote resource whose object leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMDeprovisioningEnum)]
#[serde(rename_all = "snake_case")]
pub enum DeprovisioningEnum {
    Delete,
    Deactivate,
    DeactivateThenDelete,
    Unlink,
    Nothing,
}

/// How calls to the remote are authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMAuthenticationModeEnum)]
#[serde(rename_all = "snake_case")]
pub enum ScimAuthenticationModeEnum {
    Token,
    Oauth,
    Basic,
    Header,
    Certificate,
}

impl From<CompatibilityMode> for CompatibilityModeEnum {
    fn from(mode: CompatibilityMode) -> Self {
        match mode {
            CompatibilityMode::Default => Self::Default,
            CompatibilityMode::Aws => Self::Aws,
            CompatibilityMode::Slack => Self::Slack,
            CompatibilityMode::Sfdc => Self::Sfdc,
            CompatibilityMode::Webex => Self::Webex,
            CompatibilityMode::Vcenter => Self::Vcenter,
            CompatibilityMode::Gitlab => Self::Gitlab,
        }
    }
}

impl From<DriftMode> for DriftCheckEnum {
    fn from(mode: DriftMode) -> Self {
        match mode {
            DriftMode::Off => Self::Off,
            DriftMode::Report => Self::Report,
            DriftMode::Repair => Self::Repair,
        }
    }
}

impl From<Deprovisioning> for DeprovisioningEnum {
    fn from(policy: Deprovisioning) -> Self {
        match policy {
            Deprovisioning::Delete => Self::Delete,
            Deprovisioning::Deactivate => Self::Deactivate,
            Deprovisioning::DeactivateThenDelete => Self::DeactivateThenDelete,
            Deprovisioning::Unlink => Self::Unlink,
            Deprovisioning::Nothing => Self::Nothing,
        }
    }
}

impl From<NestedGroups> for NestedGroupsEnum {
    fn from(nesting: NestedGroups) -> Self {
        match nesting {
            NestedGroups::Direct => Self::Direct,
            NestedGroups::Flattened => Self::Flattened,
            NestedGroups::Members => Self::Members,
        }
    }
}

impl From<AuthMode> for ScimAuthenticationModeEnum {
    fn from(mode: AuthMode) -> Self {
        match mode {
            AuthMode::Token => Self::Token,
            AuthMode::Oauth => Self::Oauth,
            AuthMode::Basic => Self::Basic,
            AuthMode::Header => Self::Header,
            AuthMode::Certificate => Self::Certificate,
        }
    }
}
