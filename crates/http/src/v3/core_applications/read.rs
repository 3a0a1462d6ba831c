//! What a request makes of an application.

use scimitar_domain::{ApplicationFields, ApplicationId, JsonObject, PolicyEngineMode, ProviderPk};
use scimitar_store::{Conn, Keyring, StoreError, Unique, applications, providers};

use crate::error::{ApiError, taken, unknown_reference};
use crate::field_errors::FieldErrors;
use crate::fields::{Mode, Reader};

/// An application as it would be, and what speaks against it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    fields: ApplicationFields,
    errors: FieldErrors,
}

/// Read a request over `fields`: the defaults, or what is stored.
pub(super) fn read(given: &JsonObject, mode: Mode, mut fields: ApplicationFields) -> Draft {
    let mut reader = Reader::new(given, mode);
    reader.require(&["name", "slug"]);
    reader.text("name", &mut fields.name);
    reader.text("slug", &mut fields.slug);
    let mut provider = fields.provider.map(|it| it.0);
    reader.key_or_null("provider", &mut provider);
    fields.provider = provider.map(ProviderPk);
    if reader.has("backchannel_providers") {
        let mut keys = Vec::new();
        reader.keys("backchannel_providers", &mut keys);
        fields.backchannel_providers = keys.into_iter().map(ProviderPk).collect();
    }
    reader.boolean("open_in_new_tab", &mut fields.open_in_new_tab);
    reader.text("meta_launch_url", &mut fields.meta_launch_url);
    reader.text("meta_description", &mut fields.meta_description);
    reader.text("meta_publisher", &mut fields.meta_publisher);
    reader.choice::<PolicyEngineMode>("policy_engine_mode", &mut fields.policy_engine_mode);
    reader.text("group", &mut fields.group);
    reader.boolean("meta_hide", &mut fields.meta_hide);
    // Newer clients send an icon; it is judged, and not kept.
    reader.text("meta_icon", &mut String::new());
    reader.judge(&fields, &[]);
    Draft { fields, errors: reader.into_errors() }
}

impl Draft {
    /// The fields, if nothing speaks against them: neither the request itself nor what is stored already.
    pub(super) fn settled(
        &self,
        conn: &mut Conn,
        keyring: &Keyring,
        stored: Option<ApplicationId>,
    ) -> Result<&ApplicationFields, ApiError> {
        let mut errors = self.errors.clone();
        errors.complete(self.conflicts(conn, keyring, stored)?);
        errors.accept(&self.fields)
    }

    fn conflicts(
        &self,
        conn: &mut Conn,
        keyring: &Keyring,
        stored: Option<ApplicationId>,
    ) -> Result<FieldErrors, StoreError> {
        let mut errors = FieldErrors::default();
        let namesake = applications::find_by_slug(conn, &self.fields.slug)?;
        if namesake.is_some_and(|other| Some(other.id) != stored) {
            let (field, sentence) = taken(Unique::ApplicationSlug);
            errors.add(field, sentence);
        }
        let named = self.fields.backchannel_providers.iter().chain(&self.fields.provider);
        let named: Vec<ProviderPk> = named.copied().collect();
        let found: Vec<ProviderPk> =
            providers::find_many(conn, keyring, &named)?.iter().map(|provider| provider.pk).collect();
        let missing = |pk: &&ProviderPk| !found.contains(pk);
        if let Some(provider) = self.fields.provider.as_ref().filter(missing) {
            errors.add("provider", unknown_reference(&provider.to_string()));
        }
        if let Some(provider) = self.fields.backchannel_providers.iter().find(missing) {
            errors.add("backchannel_providers", unknown_reference(&provider.to_string()));
        }
        Ok(errors)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(mode: Mode, given: &Value, expected: &Value) {
        let draft = read(given.as_object().unwrap(), mode, ApplicationFields::default());
        assert_eq!(serde_json::to_value(&draft.errors).unwrap(), *expected, "{given}");
    }

    #[test]
    fn all_faults_are_reported_together() {
        check(
            Mode::Create,
            &json!({"slug": "a b", "meta_launch_url": "nowhere", "policy_engine_mode": "some",
                    "provider": "x", "backchannel_providers": 5, "meta_icon": []}),
            &json!({
                "name": ["This field is required."],
                "provider": ["Incorrect type. Expected pk value, received str."],
                "backchannel_providers": ["Expected a list of items but got type \"int\"."],
                "policy_engine_mode": ["\"some\" is not a valid choice."],
                "meta_icon": ["Not a valid string."],
                "meta_launch_url": ["Enter a valid URL."],
                "slug": ["Enter a valid \"slug\" consisting of letters, numbers, underscores or hyphens."],
            }),
        );
        check(
            Mode::Patch,
            &json!({"slug": "a".repeat(51), "provider": "", "meta_launch_url": ""}),
            &json!({"slug": ["Ensure this field has no more than 50 characters."]}),
        );
    }
}
