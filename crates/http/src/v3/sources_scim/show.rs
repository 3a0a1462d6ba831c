//! Sources as the wire shows them. The keys of their tokens are never among it.

use std::collections::BTreeMap;

use uuid::Uuid;

use scimitar_api::{
    DeletePolicyEnum, LinkPolicyEnum, PolicyEngineMode, ScimSource, Source as AnySource, Token, TypeCreate,
    UserMatchingModeEnum,
};
use scimitar_domain::{DeletePolicy, InstallId, LinkPolicy, MappingId, Source, SourceId, TokenId};
use scimitar_store::guards::Guard;
use scimitar_store::{Conn, StoreError, source_guards, tokens};

use crate::error::{ApiError, Model};
use crate::origin::Origin;
use crate::v3::core_tokens::show as token_show;

const COMPONENT: &str = "ak-source-scim-form";
const VERBOSE_NAME: &str = "SCIM Source";
const VERBOSE_NAME_PLURAL: &str = "SCIM Sources";
const MODEL: &str = "authentik_sources_scim.scimsource";

/// Sources with their tokens. The number of queries does not depend on the number of sources.
pub(super) fn sources(
    conn: &mut Conn,
    rows: &[Source],
    origin: &Origin,
    install: InstallId,
) -> Result<Vec<ScimSource>, StoreError> {
    let ids: Vec<TokenId> = rows.iter().map(|source| source.token).collect();
    let found = tokens::find_many(conn, &ids)?;
    let found: BTreeMap<Uuid, Token> =
        token_show::tokens(conn, &found, install)?.into_iter().map(|token| (token.pk, token)).collect();
    // A source's token cannot be missing: the database says which it is.
    let ids: Vec<SourceId> = rows.iter().map(|source| source.id).collect();
    let guards: BTreeMap<SourceId, Guard> = source_guards::find_many(conn, &ids)?.into_iter().collect();
    let shown = rows.iter().filter_map(|row| {
        let token = found.get(&row.token.0)?.clone();
        Some(source_of(row, token, guards.get(&row.id), origin))
    });
    Ok(shown.collect())
}

pub(super) fn source(
    conn: &mut Conn,
    source: &Source,
    origin: &Origin,
    install: InstallId,
) -> Result<ScimSource, ApiError> {
    let shown = sources(conn, std::slice::from_ref(source), origin, install)?;
    shown.into_iter().next().ok_or(ApiError::NoMatch(Model::ScimSource))
}

fn source_of(source: &Source, token: Token, guard: Option<&Guard>, origin: &Origin) -> ScimSource {
    let fields = &source.fields;
    ScimSource {
        pk: source.id.0,
        name: fields.name.clone(),
        slug: fields.slug.clone(),
        enabled: fields.enabled,
        component: COMPONENT.to_owned(),
        verbose_name: VERBOSE_NAME.to_owned(),
        verbose_name_plural: VERBOSE_NAME_PLURAL.to_owned(),
        meta_model_name: MODEL.to_owned(),
        managed: source.managed.clone(),
        user_path_template: fields.user_path_template.clone(),
        user_property_mappings: mapping_ids(&fields.user_property_mappings),
        group_property_mappings: mapping_ids(&fields.group_property_mappings),
        delete_policy: match fields.delete_policy {
            DeletePolicy::Unlink => DeletePolicyEnum::Unlink,
            DeletePolicy::Deactivate => DeletePolicyEnum::Deactivate,
            DeletePolicy::Delete => DeletePolicyEnum::Delete,
            DeletePolicy::DeactivateThenDelete => DeletePolicyEnum::DeactivateThenDelete,
        },
        delete_after_days: fields.delete_after_days,
        link_policy: match fields.link_policy {
            LinkPolicy::None => LinkPolicyEnum::None,
            LinkPolicy::UserName => LinkPolicyEnum::UserName,
            LinkPolicy::Email => LinkPolicyEnum::Email,
            LinkPolicy::ExternalId => LinkPolicyEnum::ExternalId,
        },
        link_superusers: fields.link_superusers,
        guard_floor: fields.guard_floor,
        guard_percent: fields.guard_percent,
        guard_held_since: guard.and_then(|guard| guard.held_since).map(Into::into),
        root_url: origin.of_source(&fields.slug),
        token_obj: token,
    }
}

/// As the list of all kinds shows it.
pub(in crate::v3) fn any_source(source: &Source) -> AnySource {
    let fields = &source.fields;
    AnySource {
        pk: source.id.0,
        name: fields.name.clone(),
        slug: fields.slug.clone(),
        enabled: fields.enabled,
        promoted: false,
        authentication_flow: None,
        enrollment_flow: None,
        user_property_mappings: mapping_ids(&fields.user_property_mappings),
        group_property_mappings: mapping_ids(&fields.group_property_mappings),
        component: COMPONENT.to_owned(),
        verbose_name: VERBOSE_NAME.to_owned(),
        verbose_name_plural: VERBOSE_NAME_PLURAL.to_owned(),
        meta_model_name: MODEL.to_owned(),
        policy_engine_mode: PolicyEngineMode::Any,
        user_matching_mode: UserMatchingModeEnum::Identifier,
        managed: source.managed.clone(),
        user_path_template: fields.user_path_template.clone(),
        icon: None,
        icon_url: None,
        icon_themed_urls: None,
    }
}

/// The kind, as something that can be made.
pub(in crate::v3) fn kind() -> TypeCreate {
    TypeCreate {
        name: VERBOSE_NAME.to_owned(),
        description: "Receives users and groups from an identity provider over SCIM".to_owned(),
        component: COMPONENT.to_owned(),
        model_name: "scimsource".to_owned(),
        icon_url: None,
        requires_enterprise: false,
        deprecated: false,
    }
}

fn mapping_ids(ids: &[MappingId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}
