//! Saving a provider over what is stored, and its settings: for the API, and for whoever changes some of them on the
//! machine itself.

use serde_json::Value;

use scimitar_domain::{JsonObject, Provider, Timestamp};
use scimitar_store::{Conn, Keyring, guards, providers};
use scimitar_sync::Profiles;

use super::{guard, read, show};
use crate::error::ApiError;
use crate::fields::Mode;

/// What of a provider is neither a credential nor what other objects are to it, by its names in the API.
pub const SETTINGS: [&str; 18] = [
    "name",
    "url",
    "verify_certificates",
    "compatibility_mode",
    "profile",
    "exclude_users_service_account",
    "nested_groups",
    "user_deprovisioning",
    "group_deprovisioning",
    "deprovisioning_days",
    "discovery_enabled",
    "drift_check",
    "drift_check_every",
    "four_eyes",
    "dry_run",
    "keep_exchanges",
    "sync_page_size",
    "sync_page_timeout",
];

/// Who saves a provider, when, and what there is to choose from.
#[derive(Debug, Clone)]
pub struct Saving {
    pub keyring: Keyring,
    pub profiles: Profiles,
    /// A user's name; nobody for the command line.
    pub by: Option<String>,
    pub now: Timestamp,
}

impl Saving {
    /// Save `given` over a provider that is locked.
    ///
    /// # Errors
    ///
    /// What speaks against it, field by field.
    pub fn save(
        &self,
        conn: &mut Conn,
        stored: Provider,
        given: &JsonObject,
        mode: Mode,
    ) -> Result<Provider, ApiError> {
        let (pk, needed_two) = (stored.pk, stored.fields.four_eyes);
        let draft = read::read(given, mode, stored.fields, &self.profiles);
        let fields = draft.settled(conn, &self.keyring, Some(pk))?;
        guard::keep_four_eyes(conn, pk, needed_two, fields.four_eyes)?;
        guards::note(conn, pk, &guard::saved(self.by.as_deref(), self.now))?;
        providers::update(conn, &self.keyring, pk, fields, self.now).map_err(ApiError::from)
    }
}

/// The settings of a provider, with their values as the API shows them.
pub fn settings(provider: &Provider) -> Vec<(&'static str, Value)> {
    let shown = serde_json::to_value(show::provider(provider)).unwrap_or_default();
    let value = |name: &str| shown.get(name).cloned().unwrap_or_default();
    SETTINGS.into_iter().map(|name| (name, value(name))).collect()
}

#[cfg(test)]
mod tests {
    use scimitar_domain::{ProviderFields, ProviderPk, Secret};

    use super::*;

    #[test]
    fn every_setting_is_one_and_none_is_a_credential() {
        let fields = ProviderFields { token: Secret::new("canary".to_owned()), ..ProviderFields::default() };
        let provider = Provider {
            pk: ProviderPk(1),
            fields,
            application: None,
            revision: 1,
            held: None,
            draining: false,
        };
        let shown = settings(&provider);
        assert!(shown.iter().all(|(_, value)| !value.is_null()), "{shown:?}");
        assert!(!format!("{shown:?}").contains("canary"));
    }
}
