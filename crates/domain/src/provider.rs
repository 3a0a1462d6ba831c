//! SCIM providers: the applications' ends that objects are sent to.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::user::UnknownName;
use crate::{
    ApplicationId, Deprovisioning, DriftMode, GroupId, JsonObject, MappingId, NestedGroups, ObjectKind,
    ProviderPk, RemoteAccess, Secret, rules,
};

/// A provider as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Provider {
    pub pk: ProviderPk,
    pub fields: ProviderFields,
    /// The application that it is a backchannel provider of. Without one it is not synced.
    pub application: Option<AttachedTo>,
    /// Rises with every change that may alter what is sent: own fields, mappings, scope.
    pub revision: i64,
    /// Why nothing is sent until the provider is saved again. Set when its filter group is deleted, because
    /// the wider scope that remains was nobody's decision.
    pub held: Option<String>,
    /// Whether it is being emptied: then nothing is in its scope.
    pub draining: bool,
}

/// The application that a provider hangs on, as far as a reader of the provider needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedTo {
    pub id: ApplicationId,
    pub slug: String,
    pub name: String,
}

/// What a caller may set on a provider.
#[derive(Debug, Clone, PartialEq, Validate)]
pub struct ProviderFields {
    #[validate(length(max = "rules::LONGEST_KEY", code = "max_length"), custom(function = rules::not_blank))]
    pub name: String,
    #[validate(length(max = "rules::LONGEST_TEXT", code = "max_length"), custom(function = rules::remote_url))]
    pub url: String,
    pub token: Secret<String>,
    pub verify_certificates: bool,
    /// Mappings for users.
    pub property_mappings: Vec<MappingId>,
    /// Mappings for groups.
    pub property_mappings_group: Vec<MappingId>,
    pub exclude_users_service_account: bool,
    /// When set, only direct members of this group are sent. Groups are not limited by it.
    pub filter_group: Option<GroupId>,
    /// When not empty, only these groups are sent. Users are not limited by it.
    pub group_filters: Vec<GroupId>,
    pub dry_run: bool,
    pub compatibility_mode: CompatibilityMode,
    pub auth_mode: AuthMode,
    pub auth_oauth_params: JsonObject,
    pub access: RemoteAccess,
    #[validate(range(min = 1, code = "range"))]
    pub sync_page_size: i32,
    pub sync_page_timeout: DurationText,
    pub service_provider_config_cache_timeout: DurationText,
    pub discovery_enabled: bool,
    /// What the members of a group are that has others below it.
    pub nested_groups: NestedGroups,
    pub drift_check: DriftMode,
    /// Between two checks, at least a minute.
    pub drift_check_every: DurationText,
    /// The name of what is known of the remote's vendor. Empty: by the compatibility mode, then by the address.
    #[validate(length(max = "rules::LONGEST_KEY", code = "max_length"), custom(function = rules::no_nul))]
    pub profile: String,
    /// What the remote's `ServiceProviderConfig` is taken to be, instead of asking for it. Empty: it is asked.
    pub service_provider_config_override: JsonObject,
    /// Whether what the guard holds needs the approval of another person than the one who brought it about.
    pub four_eyes: bool,
    /// Whether the last exchange is kept of every object, and not only of what fails.
    pub keep_exchanges: bool,
    /// What becomes of users at the remote who leave the scope or are deleted; and of groups.
    pub user_deprovisioning: Deprovisioning,
    pub group_deprovisioning: Deprovisioning,
    /// How long who was deactivated stays before they are deleted.
    #[validate(range(min = 1, max = 3_650, code = "range"))]
    pub deprovisioning_days: i32,
}

impl ProviderFields {
    pub fn deprovisioning(&self, kind: ObjectKind) -> Deprovisioning {
        match kind {
            ObjectKind::User => self.user_deprovisioning,
            ObjectKind::Group => self.group_deprovisioning,
        }
    }
}

impl Default for ProviderFields {
    fn default() -> Self {
        Self {
            name: String::new(),
            url: String::new(),
            token: Secret::new(String::new()),
            verify_certificates: true,
            property_mappings: Vec::new(),
            property_mappings_group: Vec::new(),
            exclude_users_service_account: false,
            filter_group: None,
            group_filters: Vec::new(),
            dry_run: false,
            compatibility_mode: CompatibilityMode::Default,
            auth_mode: AuthMode::Token,
            auth_oauth_params: JsonObject::new(),
            access: RemoteAccess::default(),
            sync_page_size: 100,
            sync_page_timeout: DurationText::minutes_30(),
            service_provider_config_cache_timeout: DurationText::hours_1(),
            discovery_enabled: true,
            nested_groups: NestedGroups::default(),
            drift_check: DriftMode::default(),
            drift_check_every: DurationText::days_1(),
            profile: String::new(),
            service_provider_config_override: JsonObject::new(),
            four_eyes: false,
            keep_exchanges: false,
            user_deprovisioning: Deprovisioning::Delete,
            group_deprovisioning: Deprovisioning::Delete,
            deprovisioning_days: 30,
        }
    }
}

/// Which vendor's reading of SCIM the remote speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompatibilityMode {
    Default,
    Aws,
    Slack,
    Sfdc,
    Webex,
    Vcenter,
    Gitlab,
}

impl CompatibilityMode {
    pub const ALL: [Self; 7] =
        [Self::Default, Self::Aws, Self::Slack, Self::Sfdc, Self::Webex, Self::Vcenter, Self::Gitlab];

    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Aws => "aws",
            Self::Slack => "slack",
            Self::Sfdc => "sfdc",
            Self::Webex => "webex",
            Self::Vcenter => "vcenter",
            Self::Gitlab => "gitlab",
        }
    }
}

impl FromStr for CompatibilityMode {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

/// How calls to the remote are authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMode {
    /// The provider's token, as a bearer token.
    Token,
    /// Access tokens that an authorization server issues, see [`OAuthClient`](crate::OAuthClient).
    Oauth,
    /// A user name and a password (RFC 7617), see [`RemoteAccess`].
    Basic,
    /// A header of the remote's own, see [`RemoteAccess`].
    Header,
    /// Nothing but the client certificate.
    Certificate,
}

impl AuthMode {
    pub const ALL: [Self; 5] = [Self::Token, Self::Oauth, Self::Basic, Self::Header, Self::Certificate];

    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Oauth => "oauth",
            Self::Basic => "basic",
            Self::Header => "header",
            Self::Certificate => "certificate",
        }
    }
}

impl FromStr for AuthMode {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

/// A duration as authentik writes it: `minutes=30`, or `hours=1;minutes=30`.
///
/// The text is kept as it was given, because clients compare what they read with what they wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurationText {
    text: String,
    duration: Duration,
}

impl DurationText {
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn duration(&self) -> Duration {
        self.duration
    }

    fn minutes_30() -> Self {
        Self { text: "minutes=30".to_owned(), duration: Duration::from_mins(30) }
    }

    fn days_1() -> Self {
        Self { text: "days=1".to_owned(), duration: Duration::from_hours(24) }
    }

    fn hours_1() -> Self {
        Self { text: "hours=1".to_owned(), duration: Duration::from_hours(1) }
    }
}

/// A text that says no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration such as `hours=1;minutes=30`")]
pub struct NotADuration(pub String);

impl FromStr for DurationText {
    type Err = NotADuration;

    /// Keys are microseconds to weeks in any case, values are decimal numbers, unknown keys are ignored, and
    /// at least one key must be known. Negative sums count as zero.
    fn from_str(text: &str) -> Result<Self, NotADuration> {
        let refuse = || NotADuration(text.to_owned());
        let mut seconds: Option<f64> = None;
        for part in text.split(';').filter(|part| !part.trim().is_empty()) {
            let (key, value) = part.split_once('=').ok_or_else(refuse)?;
            let factor = match key.trim().to_ascii_lowercase().as_str() {
                "microseconds" => 1e-6,
                "milliseconds" => 1e-3,
                "seconds" => 1.0,
                "minutes" => 60.0,
                "hours" => 3_600.0,
                "days" => 86_400.0,
                "weeks" => 604_800.0,
                _unknown => continue,
            };
            let value: f64 =
                value.trim().parse().ok().filter(|it: &f64| it.is_finite()).ok_or_else(refuse)?;
            *seconds.get_or_insert(0.0) += value * factor;
        }
        let seconds = seconds.ok_or_else(refuse)?.max(0.0);
        let duration = Duration::try_from_secs_f64(seconds).ok().ok_or_else(refuse)?;
        Ok(Self { text: text.to_owned(), duration })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<f64>) {
        let got = text.parse::<DurationText>().ok().map(|it| it.duration().as_secs_f64());
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn durations_read_as_authentik_reads_them() {
        check("minutes=30", Some(1_800.0));
        check("Hours=1;minutes=30", Some(5_400.0));
        check("seconds=0.5;moons=3", Some(0.5));
        check("hours=-1", Some(0.0));
        check("moons=3", None);
        check("", None);
        check("minutes", None);
        check("minutes=many", None);
        check("weeks=1e300", None);
    }

    #[test]
    fn the_defaults_read_back_as_themselves() {
        let fields = ProviderFields::default();
        for duration in
            [fields.sync_page_timeout, fields.service_provider_config_cache_timeout, fields.drift_check_every]
        {
            assert_eq!(duration.as_str().parse(), Ok(duration));
        }
    }
}
