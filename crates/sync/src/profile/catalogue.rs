//! Which profiles there are, and which of them a provider has.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use scimitar_domain::{CompatibilityMode, ProviderFields};

use super::{Profile, host};

/// The name of the profile of whoever has no other.
const USUAL: &str = "default";

/// What is built in: name and text.
const BUILT_IN: [(&str, &str); 13] = [
    (USUAL, include_str!("../../profiles/default.toml")),
    ("aws", include_str!("../../profiles/aws.toml")),
    ("entra", include_str!("../../profiles/entra.toml")),
    ("github", include_str!("../../profiles/github.toml")),
    ("gitlab", include_str!("../../profiles/gitlab.toml")),
    ("google", include_str!("../../profiles/google.toml")),
    ("okta", include_str!("../../profiles/okta.toml")),
    ("sfdc", include_str!("../../profiles/sfdc.toml")),
    ("slack", include_str!("../../profiles/slack.toml")),
    ("vcenter", include_str!("../../profiles/vcenter.toml")),
    ("webex", include_str!("../../profiles/webex.toml")),
    ("zoom", include_str!("../../profiles/zoom.toml")),
    ("zscaler", include_str!("../../profiles/zscaler.toml")),
];

/// The profiles of an installation, by name. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Profiles {
    by_name: Arc<BTreeMap<String, Arc<Profile>>>,
}

/// Why a text is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error("`{name}` is no name for a profile; small letters, digits, hyphens and underscores make one")]
    Name { name: String },
    #[error("profile `{name}` cannot be read: {reason}")]
    Text { name: String, reason: String },
    #[error("profile `{name}` cannot be used: {reason}")]
    Fault { name: String, reason: String },
}

/// The profile that a provider has, and what decided it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    pub name: String,
    pub by: ChosenBy,
    pub profile: Arc<Profile>,
}

/// What decides a provider's profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChosenBy {
    /// Its `profile`.
    Profile,
    CompatibilityMode,
    /// Where its remote is.
    Host,
    /// Nothing else does.
    Default,
}

impl Default for Profiles {
    /// What is built in.
    fn default() -> Self {
        // That each of them can be read is a test's affair.
        let read =
            BUILT_IN.iter().filter_map(|(name, text)| Some(((*name).to_owned(), read(name, text).ok()?)));
        Self { by_name: Arc::new(read.collect()) }
    }
}

impl Profiles {
    /// These and one more. One of the same name gives way to it.
    pub fn with(&self, name: &str, text: &str) -> Result<Self, ProfileError> {
        let profile = read(name, text)?;
        let mut by_name = BTreeMap::clone(&self.by_name);
        by_name.insert(name.to_owned(), profile);
        Ok(Self { by_name: Arc::new(by_name) })
    }

    pub fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Each with its name, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Profile)> {
        self.by_name.iter().map(|(name, profile)| (name.as_str(), profile.as_ref()))
    }

    /// In alphabetical order.
    pub fn names(&self) -> Vec<&str> {
        self.by_name.keys().map(String::as_str).collect()
    }

    /// The profile of a provider: the one that it names, else that of its compatibility mode, else that of its
    /// remote's address, else the usual one. `None` when it names one that is not there any more.
    pub fn choose(&self, fields: &ProviderFields) -> Option<Chosen> {
        if !fields.profile.is_empty() {
            return self.chosen(&fields.profile, ChosenBy::Profile);
        }
        if fields.compatibility_mode != CompatibilityMode::Default {
            return self.chosen(fields.compatibility_mode.as_str(), ChosenBy::CompatibilityMode);
        }
        self.at(&fields.url)
            .and_then(|name| self.chosen(name, ChosenBy::Host))
            .or_else(|| self.chosen(USUAL, ChosenBy::Default))
    }

    fn chosen(&self, name: &str, by: ChosenBy) -> Option<Chosen> {
        let profile = Arc::clone(self.by_name.get(name)?);
        Some(Chosen { name: name.to_owned(), by, profile })
    }

    /// Of several that claim an address, the one that describes it more closely.
    fn at(&self, url: &str) -> Option<&str> {
        let places = self
            .by_name
            .iter()
            .flat_map(|(name, profile)| profile.hosts.iter().map(move |place| (place, name)));
        let claims = places.filter(|(place, _)| host::is_at(url, place));
        claims.max_by_key(|(place, _)| place.len()).map(|(_, name)| name.as_str())
    }
}

fn read(name: &str, text: &str) -> Result<Arc<Profile>, ProfileError> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_plain) {
        return Err(ProfileError::Name { name: name.to_owned() });
    }
    let profile: Profile = toml::from_str(text)
        .map_err(|error| ProfileError::Text { name: name.to_owned(), reason: error.to_string() })?;
    match profile.fault() {
        Some(reason) => Err(ProfileError::Fault { name: name.to_owned(), reason }),
        None => Ok(Arc::new(profile)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_can_be_read_and_says_whose_it_is() {
        for (name, text) in BUILT_IN {
            let profile = read(name, text).unwrap();
            assert!(!profile.title.is_empty(), "{name}");
        }
        let profiles = Profiles::default();
        assert_eq!(
            profiles.names(),
            BUILT_IN
                .map(|(name, _)| name)
                .iter()
                .copied()
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
        );
        for mode in CompatibilityMode::ALL {
            assert!(profiles.has(mode.as_str()), "{mode:?}");
        }
    }

    #[track_caller]
    fn check(profile: &str, mode: CompatibilityMode, url: &str, expected: Option<(&str, ChosenBy)>) {
        let fields = ProviderFields {
            profile: profile.to_owned(),
            compatibility_mode: mode,
            url: url.to_owned(),
            ..ProviderFields::default()
        };
        let chosen = Profiles::default().choose(&fields);
        let got = chosen.as_ref().map(|chosen| (chosen.name.as_str(), chosen.by));
        assert_eq!(got, expected, "{profile} {mode:?} {url}");
    }

    #[test]
    fn a_profile_is_chosen_by_name_then_by_mode_then_by_address() {
        use CompatibilityMode as M;
        let (own, zoom) = ("https://scim.example.com/v2", "https://api.zoom.us/scim2");
        check("", M::Default, own, Some(("default", ChosenBy::Default)));
        check("", M::Default, zoom, Some(("zoom", ChosenBy::Host)));
        check("", M::Slack, zoom, Some(("slack", ChosenBy::CompatibilityMode)));
        check("okta", M::Slack, zoom, Some(("okta", ChosenBy::Profile)));
        check("default", M::Slack, zoom, Some(("default", ChosenBy::Profile)));
        check("nobody", M::Slack, zoom, None);
        for (url, name) in [
            ("https://scim.eu-central-1.amazonaws.com/abc/scim/v2/", "aws"),
            ("https://api.slack.com/scim/v2", "slack"),
            ("https://acme.my.salesforce.com/services/scim/v2", "sfdc"),
            ("https://webexapis.com/identity/scim/x/v2", "webex"),
            ("https://gitlab.com/api/scim/v2/groups/acme", "gitlab"),
            ("https://api.github.com/scim/v2/organizations/acme", "github"),
        ] {
            check("", M::Default, url, Some((name, ChosenBy::Host)));
        }
        check(
            "",
            M::Default,
            "https://api.github.com/scim/v2/enterprises/a",
            Some(("default", ChosenBy::Default)),
        );
    }

    #[test]
    fn a_file_of_ones_own_adds_a_profile_or_takes_the_place_of_one() {
        let profiles = Profiles::default().with("acme", "hosts = [\"*.acme.example\"]").unwrap();
        let fields =
            ProviderFields { url: "https://scim.acme.example/v2".to_owned(), ..ProviderFields::default() };
        assert_eq!(profiles.choose(&fields).unwrap().name, "acme");
        let profiles = profiles.with("default", "discovery = \"\"").unwrap();
        assert_eq!(profiles.choose(&ProviderFields::default()).unwrap().profile.discovery, "");
    }

    #[test]
    fn what_is_no_profile_is_refused_with_the_reason() {
        for (name, text, expected) in [
            (
                "Acme",
                "",
                "`Acme` is no name for a profile; small letters, digits, hyphens and underscores make one",
            ),
            (
                "a",
                "[users]\nrefused = [\"userName\"]",
                "profile `a` cannot be used: users: no user can be sent without `userName`",
            ),
            (
                "a",
                "[groups]\nonly = [\"members\"]",
                "profile `a` cannot be used: groups: no group can be sent without `displayName`",
            ),
            (
                "a",
                "[users]\nchange = [\"put\", \"put\"]",
                "profile `a` cannot be used: users: `change` names a verb twice",
            ),
            (
                "a",
                "[groups]\nleave = \"deactivate\"",
                "profile `a` cannot be used: groups: `leave` cannot be \"deactivate\", a group has no `active`",
            ),
            (
                "a",
                "[rate]\nper_second = 0.0\nburst = 1",
                "profile `a` cannot be used: rate: `per_second` is from 0.001 to 100000, and `burst` at least 1",
            ),
            (
                "a",
                "[members]\nper_request = 0",
                "profile `a` cannot be used: members: `per_request` must be at least 1",
            ),
        ] {
            assert_eq!(Profiles::default().with(name, text).unwrap_err().to_string(), expected);
        }
        let unknown = Profiles::default().with("a", "colour = \"red\"").unwrap_err().to_string();
        assert!(unknown.contains("unknown field `colour`"), "{unknown}");
    }
}
