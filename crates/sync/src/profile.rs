//! What is known of vendors beforehand. Data only: the code reads the profile and names no vendor.

use scimitar_domain::CompatibilityMode;
use scimitar_scim::{Capabilities, FilterSupport};

/// How a vendor's remote differs from what it says, or is silent about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Profile {
    /// Where the remote describes itself; `None` where asking is known to fail.
    pub(crate) discovery: Option<&'static str>,
    /// Overrides for what the remote says.
    pub(crate) patch: Option<bool>,
    pub(crate) filter: Option<bool>,
    /// The `type` that members must carry.
    pub(crate) member_type: Option<&'static str>,
}

const STANDARD: Profile =
    Profile { discovery: Some("ServiceProviderConfig"), patch: None, filter: None, member_type: None };

impl Profile {
    pub(crate) fn of(mode: CompatibilityMode) -> Self {
        match mode {
            // AWS offers PATCH for groups and users, one attribute with its path at a time, which is how every
            // PATCH is written here; so it needs no exception.
            CompatibilityMode::Default | CompatibilityMode::Aws => STANDARD,
            // Slack filters and does not say so.
            CompatibilityMode::Slack => Self { filter: Some(true), ..STANDARD },
            // Salesforce has the document under the plural.
            CompatibilityMode::Sfdc => Self { discovery: Some("ServiceProviderConfigs"), ..STANDARD },
            CompatibilityMode::Webex => Self { member_type: Some("user"), ..STANDARD },
            // vCenter and GitLab answer the question with an error page.
            CompatibilityMode::Vcenter => Self { discovery: None, patch: Some(false), ..STANDARD },
            CompatibilityMode::Gitlab => Self { discovery: None, ..STANDARD },
        }
    }

    pub(crate) fn amend(self, mut said: Capabilities) -> Capabilities {
        if self.patch.is_some() {
            said.patch = self.patch;
        }
        if let Some(supported) = self.filter {
            let max_results = said.filter.and_then(|filter| filter.max_results);
            said.filter = Some(FilterSupport { supported, max_results });
        }
        said
    }
}
