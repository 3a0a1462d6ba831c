//! The service itself: what clients ask before they log in, and its version.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What clients may want to know of the service before they do anything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Config {
    #[schema(inline = false)]
    pub error_reporting: ErrorReportingConfig,
    pub capabilities: Vec<CapabilitiesEnum>,
    /// Seconds. Nothing is cached for clients, so it is 0, like the three below.
    pub cache_timeout: i64,
    pub cache_timeout_flows: i64,
    pub cache_timeout_policies: i64,
    /// Newer releases leave it out; clients of older ones need it.
    pub cache_timeout_reputation: i64,
}

/// Where faults are reported to. They are reported nowhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ErrorReportingConfig {
    #[schema(read_only)]
    pub enabled: bool,
    #[schema(read_only)]
    pub sentry_dsn: String,
    #[schema(read_only)]
    pub environment: String,
    #[schema(read_only)]
    pub send_pii: bool,
    #[schema(read_only)]
    pub traces_sample_rate: f64,
}

/// What the service can do beside its API: of these, nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CapabilitiesEnum {
    CanSaveMedia,
    CanGeoIp,
    CanAsn,
    CanImpersonate,
    CanDebug,
    IsEnterprise,
}

/// Which version runs. The service does not look for newer ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    #[schema(read_only)]
    pub version_current: String,
    #[schema(read_only)]
    pub version_latest: String,
    /// Whether `version_latest` was looked up: it never is.
    #[schema(read_only)]
    pub version_latest_valid: bool,
    #[schema(read_only)]
    pub build_hash: String,
    #[schema(read_only)]
    pub outdated: bool,
    #[schema(read_only)]
    pub outpost_outdated: bool,
}
