//! What a request makes of a provider.

use std::collections::BTreeSet;

use serde_json::Value;

use scimitar_domain::{
    AuthMode, CompatibilityMode, Deprovisioning, DriftMode, DurationText, GroupId, JsonObject, MappingId,
    MappingKind, NestedGroups, OAuthClient, ObjectKind, ProviderFields, ProviderPk,
};
use scimitar_store::{Conn, Keyring, StoreError, Unique, groups, mappings, providers};
use scimitar_sync::{Profiles, access_faults};

use crate::error::{ApiError, taken, unknown_reference};
use crate::field_errors::FieldErrors;
use crate::fields::{Mode, Reader};

const GROUPS_HAVE_NO_ACTIVE: &str =
    "Groups cannot be deactivated: they have no `active`. Choose `delete`, `unlink` or `nothing`.";

/// A provider as it would be, and what speaks against it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    fields: ProviderFields,
    errors: FieldErrors,
}

/// Read a request over `fields`: the defaults, or what is stored.
pub(super) fn read(given: &JsonObject, mode: Mode, mut fields: ProviderFields, profiles: &Profiles) -> Draft {
    let mut reader = Reader::new(given, mode);
    reader.require(&["name", "url"]);
    if given.get("auth_mode").is_none_or(|mode| mode == AuthMode::Token.as_str()) {
        reader.require(&["token"]);
    }
    reader.text("name", &mut fields.name);
    reader.text("url", &mut fields.url);
    reader.secret("token", &mut fields.token);
    reader.boolean("verify_certificates", &mut fields.verify_certificates);
    reader.boolean("exclude_users_service_account", &mut fields.exclude_users_service_account);
    reader.boolean("dry_run", &mut fields.dry_run);
    reader.boolean("discovery_enabled", &mut fields.discovery_enabled);
    reader.boolean("four_eyes", &mut fields.four_eyes);
    reader.boolean("keep_exchanges", &mut fields.keep_exchanges);
    deprovisioning(&mut reader, &mut fields);
    reader.choice::<CompatibilityMode>("compatibility_mode", &mut fields.compatibility_mode);
    reader.choice::<NestedGroups>("nested_groups", &mut fields.nested_groups);
    reader.choice::<DriftMode>("drift_check", &mut fields.drift_check);
    duration(&mut reader, given, "drift_check_every", &mut fields.drift_check_every);
    reader.choice::<AuthMode>("auth_mode", &mut fields.auth_mode);
    reader.object("auth_oauth_params", &mut fields.auth_oauth_params);
    reader.text("profile", &mut fields.profile);
    if !fields.profile.is_empty() && !profiles.has(&fields.profile) {
        reader.fault("profile", no_profile(&fields.profile, profiles));
    }
    if mode == Mode::Create {
        leave_as_usual(given, &mut fields, profiles);
    }
    reader.object("service_provider_config_override", &mut fields.service_provider_config_override);
    reader.integer("sync_page_size", &mut fields.sync_page_size);
    duration(&mut reader, given, "sync_page_timeout", &mut fields.sync_page_timeout);
    let timeout = "service_provider_config_cache_timeout";
    duration(&mut reader, given, timeout, &mut fields.service_provider_config_cache_timeout);
    references(&mut reader, &mut fields);
    access(&mut reader, &mut fields);
    if fields.auth_mode == AuthMode::Oauth
        && given.get("auth_oauth_params").is_none_or(Value::is_object)
        && let Err(fault) = OAuthClient::read(&fields.auth_oauth_params)
    {
        reader.fault("auth_oauth_params", fault.to_string());
    }
    reader.judge(&fields, &[]);
    Draft { fields, errors: reader.into_errors() }
}

/// Also for one that is stored and whose file is gone: whoever saves the provider chooses anew.
fn no_profile(name: &str, profiles: &Profiles) -> String {
    format!("\"{name}\" is no known profile. Known are: {}.", profiles.names().join(", "))
}

/// What its request does not say of those who leave, a new provider takes from what is known of the vendor.
fn leave_as_usual(given: &JsonObject, fields: &mut ProviderFields, profiles: &Profiles) {
    let Some(chosen) = profiles.choose(fields) else { return };
    if !given.contains_key("user_deprovisioning") {
        fields.user_deprovisioning = chosen.profile.deprovisioning(ObjectKind::User);
    }
    if !given.contains_key("group_deprovisioning") {
        fields.group_deprovisioning = chosen.profile.deprovisioning(ObjectKind::Group);
    }
}

/// What becomes of what leaves.
fn deprovisioning(reader: &mut Reader<'_>, fields: &mut ProviderFields) {
    reader.choice::<Deprovisioning>("user_deprovisioning", &mut fields.user_deprovisioning);
    reader.choice::<Deprovisioning>("group_deprovisioning", &mut fields.group_deprovisioning);
    if !fields.group_deprovisioning.fits(ObjectKind::Group) {
        reader.fault("group_deprovisioning", GROUPS_HAVE_NO_ACTIVE);
    }
    reader.integer("deprovisioning_days", &mut fields.deprovisioning_days);
}

/// How the provider and its remote know each other. What fits alone is judged together with the rest.
fn access(reader: &mut Reader<'_>, fields: &mut ProviderFields) {
    let access = &mut fields.access;
    reader.short_text("auth_user", &mut access.user);
    reader.short_text("auth_header", &mut access.header);
    reader.secret_or_null("auth_secret", &mut access.secret);
    reader.text("client_certificate", &mut access.client_certificate);
    reader.secret_or_null("client_certificate_key", &mut access.client_key);
    reader.text("ca_certificates", &mut access.authorities);
    for (name, sentence) in access_faults(fields) {
        reader.fault_unless_told(name, sentence);
    }
}

fn references(reader: &mut Reader<'_>, fields: &mut ProviderFields) {
    reader.uuids("property_mappings", &mut fields.property_mappings, MappingId);
    reader.uuids("property_mappings_group", &mut fields.property_mappings_group, MappingId);
    reader.uuids("group_filters", &mut fields.group_filters, GroupId);
    let mut filter_group = fields.filter_group.map(|group| group.0);
    reader.uuid_or_null("filter_group", &mut filter_group);
    fields.filter_group = filter_group.map(GroupId);
    // There are no sources of OAuth tokens to name.
    let mut oauth = None;
    reader.uuid_or_null("auth_oauth", &mut oauth);
    if let Some(oauth) = oauth {
        reader.fault("auth_oauth", unknown_reference(&oauth.to_string()));
    }
}

fn duration(reader: &mut Reader<'_>, given: &JsonObject, name: &str, target: &mut DurationText) {
    let shown = match given.get(name) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(other) => other.to_string(),
        None => return,
    };
    let otherwise = format!("{shown} is not in the correct format of 'hours=3;minutes=1'.");
    reader.parsed(name, target, &otherwise);
}

impl Draft {
    /// The fields, if nothing speaks against them: neither the request itself nor what is stored already.
    pub(super) fn settled(
        &self,
        conn: &mut Conn,
        keyring: &Keyring,
        stored: Option<ProviderPk>,
    ) -> Result<&ProviderFields, ApiError> {
        let mut errors = self.errors.clone();
        errors.complete(self.conflicts(conn, keyring, stored)?);
        errors.accept(&self.fields)
    }

    fn conflicts(
        &self,
        conn: &mut Conn,
        keyring: &Keyring,
        stored: Option<ProviderPk>,
    ) -> Result<FieldErrors, StoreError> {
        let mut errors = FieldErrors::default();
        let namesake = providers::find_by_name(conn, keyring, &self.fields.name)?;
        if namesake.is_some_and(|other| Some(other.pk) != stored) {
            let (field, sentence) = taken(Unique::ProviderName);
            errors.add(field, sentence);
        }
        let lists = [
            ("property_mappings", &self.fields.property_mappings),
            ("property_mappings_group", &self.fields.property_mappings_group),
        ];
        for (field, ids) in lists {
            if let Some(unknown) = mappings::first_unknown(conn, MappingKind::Provider, ids)? {
                errors.add(field, unknown_reference(&unknown.0.to_string()));
            }
        }
        let named = self.fields.group_filters.iter().chain(&self.fields.filter_group);
        let named: Vec<GroupId> = named.copied().collect();
        let found: BTreeSet<GroupId> =
            groups::find_many(conn, &named)?.into_iter().map(|group| group.id).collect();
        let missing = |id: &&GroupId| !found.contains(id);
        if let Some(group) = self.fields.filter_group.as_ref().filter(missing) {
            errors.add("filter_group", unknown_reference(&group.to_string()));
        }
        if let Some(group) = self.fields.group_filters.iter().find(missing) {
            errors.add("group_filters", unknown_reference(&group.to_string()));
        }
        Ok(errors)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[track_caller]
    fn check(mode: Mode, given: &Value, expected: &Value) {
        let draft = read(given.as_object().unwrap(), mode, ProviderFields::default(), &Profiles::default());
        assert_eq!(serde_json::to_value(&draft.errors).unwrap(), *expected, "{given}");
    }

    #[test]
    fn a_token_is_needed_but_for_patch() {
        let missing = json!({"token": ["This field is required."]});
        let given = json!({"name": "a", "url": "https://a"});
        check(Mode::Create, &given, &missing);
        check(Mode::Replace, &given, &missing);
        check(Mode::Patch, &given, &json!({}));
        check(Mode::Patch, &json!({"token": " "}), &json!({"token": ["This field may not be blank."]}));
    }

    #[test]
    fn what_is_not_offered_is_refused_by_its_field() {
        let nil = Uuid::nil();
        check(
            Mode::Create,
            &json!({"name": "a", "url": "https://a", "auth_mode": "oauth", "auth_oauth": nil}),
            &json!({
                "auth_oauth_params": ["`token_url` is required for this authentication mode."],
                "auth_oauth": [format!("Invalid pk \"{nil}\" - object does not exist.")],
            }),
        );
        check(Mode::Patch, &json!({"auth_oauth": null, "auth_mode": "token"}), &json!({}));
    }

    #[test]
    fn bounds_and_durations_are_judged() {
        check(
            Mode::Patch,
            &json!({"sync_page_size": 0, "sync_page_timeout": "soon", "url": "ftp://a",
                    "compatibility_mode": "entra", "service_provider_config_cache_timeout": ""}),
            &json!({
                "compatibility_mode": ["\"entra\" is not a valid choice."],
                "sync_page_timeout": ["soon is not in the correct format of 'hours=3;minutes=1'."],
                "service_provider_config_cache_timeout": ["This field may not be blank."],
                "sync_page_size": ["Ensure this value is greater than or equal to 1."],
                "url": ["Enter a valid URL."],
            }),
        );
    }

    #[test]
    fn a_profile_must_be_known() {
        check(Mode::Patch, &json!({"profile": "zoom", "service_provider_config_override": {}}), &json!({}));
        check(Mode::Patch, &json!({"profile": " "}), &json!({}));
        let known =
            "aws, default, entra, github, gitlab, google, okta, sfdc, slack, vcenter, webex, zoom, zscaler";
        check(
            Mode::Patch,
            &json!({"profile": "acme", "service_provider_config_override": []}),
            &json!({
                "profile": [format!("\"acme\" is no known profile. Known are: {known}.")],
                "service_provider_config_override": ["Value must be a dictionary, and not have any duplicate keys."],
            }),
        );
    }

    #[test]
    fn a_new_provider_does_with_those_who_leave_what_its_vendor_expects() {
        use Deprovisioning::{Deactivate, Delete, Unlink};

        #[track_caller]
        fn check(mode: Mode, given: &Value, expected: Deprovisioning) {
            let given = given.as_object().unwrap();
            let draft = read(given, mode, ProviderFields::default(), &Profiles::default());
            let fields = draft.fields;
            assert_eq!((fields.user_deprovisioning, fields.group_deprovisioning), (expected, Delete));
        }
        check(Mode::Create, &json!({}), Delete);
        check(Mode::Create, &json!({"compatibility_mode": "sfdc"}), Deactivate);
        check(Mode::Create, &json!({"profile": "okta"}), Deactivate);
        check(Mode::Create, &json!({"profile": "acme"}), Delete);
        check(Mode::Create, &json!({"url": "https://acme.my.salesforce.com/services/scim/v2"}), Deactivate);
        check(Mode::Create, &json!({"profile": "okta", "user_deprovisioning": "unlink"}), Unlink);
        check(Mode::Patch, &json!({"profile": "okta"}), Delete);
    }

    #[test]
    fn groups_cannot_be_deactivated() {
        for policy in ["deactivate", "deactivate_then_delete"] {
            check(Mode::Patch, &json!({"user_deprovisioning": policy}), &json!({}));
            let refused = json!({"group_deprovisioning": [GROUPS_HAVE_NO_ACTIVE]});
            check(Mode::Patch, &json!({"group_deprovisioning": policy}), &refused);
        }
        check(
            Mode::Patch,
            &json!({"group_deprovisioning": "unlink", "deprovisioning_days": 3650}),
            &json!({}),
        );
        check(
            Mode::Patch,
            &json!({"deprovisioning_days": 0}),
            &json!({"deprovisioning_days": ["Ensure this value is greater than or equal to 1."]}),
        );
    }

    #[test]
    fn every_vendor_of_every_release_is_known() {
        for mode in CompatibilityMode::ALL {
            check(Mode::Patch, &json!({"compatibility_mode": mode.as_str()}), &json!({}));
        }
    }

    #[test]
    fn a_draft_does_not_print_its_token() {
        let given = json!({"token": "canary-41d7"});
        let draft =
            read(given.as_object().unwrap(), Mode::Patch, ProviderFields::default(), &Profiles::default());
        assert!(!format!("{draft:?}").contains("canary"));
    }
}
