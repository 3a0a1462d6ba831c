//! A provider as the wire shows it.

use uuid::Uuid;

use scimitar_api::{Credential, Provider as AnyProvider, ScimProvider, TypeCreate};
use scimitar_domain::{AttachedTo, GroupId, MappingId, Provider};

const COMPONENT: &str = "ak-provider-scim-form";
const VERBOSE_NAME: &str = "SCIM Provider";
const VERBOSE_NAME_PLURAL: &str = "SCIM Providers";
const MODEL: &str = "authentik_providers_scim.scimprovider";

/// To those who may change it, and nobody else: the token is shown.
pub(super) fn provider(provider: &Provider) -> ScimProvider {
    let fields = &provider.fields;
    let (slug, name) = attached(provider.application.as_ref());
    ScimProvider {
        pk: provider.pk.0,
        name: fields.name.clone(),
        property_mappings: mapping_ids(&fields.property_mappings),
        property_mappings_group: mapping_ids(&fields.property_mappings_group),
        component: COMPONENT.to_owned(),
        assigned_backchannel_application_slug: slug,
        assigned_backchannel_application_name: name,
        verbose_name: VERBOSE_NAME.to_owned(),
        verbose_name_plural: VERBOSE_NAME_PLURAL.to_owned(),
        meta_model_name: MODEL.to_owned(),
        url: fields.url.clone(),
        verify_certificates: fields.verify_certificates,
        token: Credential(fields.token.expose().clone()),
        auth_mode: fields.auth_mode.into(),
        auth_oauth: None,
        auth_oauth_params: fields.auth_oauth_params.clone(),
        auth_user: fields.access.user.clone(),
        auth_header: fields.access.header.clone(),
        auth_secret_set: fields.access.secret.is_some(),
        client_certificate: fields.access.client_certificate.clone(),
        client_certificate_key_set: fields.access.client_key.is_some(),
        ca_certificates: fields.access.authorities.clone(),
        auth_oauth_token_last_updated: None,
        auth_oauth_token_expires: None,
        auth_oauth_url_callback: None,
        auth_oauth_url_start: None,
        compatibility_mode: fields.compatibility_mode.into(),
        service_provider_config_cache_timeout: fields
            .service_provider_config_cache_timeout
            .as_str()
            .to_owned(),
        exclude_users_service_account: fields.exclude_users_service_account,
        filter_group: fields.filter_group.map(|group| group.0),
        group_filters: group_ids(&fields.group_filters),
        sync_page_size: fields.sync_page_size,
        sync_page_timeout: fields.sync_page_timeout.as_str().to_owned(),
        discovery_enabled: fields.discovery_enabled,
        nested_groups: fields.nested_groups.into(),
        drift_check: fields.drift_check.into(),
        drift_check_every: fields.drift_check_every.as_str().to_owned(),
        profile: fields.profile.clone(),
        service_provider_config_override: fields.service_provider_config_override.clone(),
        dry_run: fields.dry_run,
        four_eyes: fields.four_eyes,
        keep_exchanges: fields.keep_exchanges,
        user_deprovisioning: fields.user_deprovisioning.into(),
        group_deprovisioning: fields.group_deprovisioning.into(),
        deprovisioning_days: fields.deprovisioning_days,
    }
}

/// As applications show it. `main` names the application whose main provider it is, if any.
pub(in crate::v3) fn any_provider(provider: &Provider, main: Option<(&str, &str)>) -> AnyProvider {
    let (slug, name) = attached(provider.application.as_ref());
    let (main_slug, main_name) = main.unwrap_or_default();
    AnyProvider {
        pk: provider.pk.0,
        name: provider.fields.name.clone(),
        authentication_flow: None,
        authorization_flow: Uuid::nil(),
        invalidation_flow: Uuid::nil(),
        property_mappings: mapping_ids(&provider.fields.property_mappings),
        component: COMPONENT.to_owned(),
        assigned_application_slug: main_slug.to_owned(),
        assigned_application_name: main_name.to_owned(),
        assigned_backchannel_application_slug: slug,
        assigned_backchannel_application_name: name,
        verbose_name: VERBOSE_NAME.to_owned(),
        verbose_name_plural: VERBOSE_NAME_PLURAL.to_owned(),
        meta_model_name: MODEL.to_owned(),
    }
}

/// The kind, as something that can be made.
pub(in crate::v3) fn kind() -> TypeCreate {
    TypeCreate {
        name: VERBOSE_NAME.to_owned(),
        description: "Keeps users and groups at an application in step over SCIM 2.0".to_owned(),
        component: COMPONENT.to_owned(),
        model_name: "scimprovider".to_owned(),
        icon_url: None,
        requires_enterprise: false,
        deprecated: false,
    }
}

/// Slug and name of the application; empty without one, because older clients take no null there.
fn attached(application: Option<&AttachedTo>) -> (String, String) {
    application.map(|it| (it.slug.clone(), it.name.clone())).unwrap_or_default()
}

fn mapping_ids(ids: &[MappingId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}

fn group_ids(ids: &[GroupId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}
