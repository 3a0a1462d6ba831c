//! Who may use which operation. An operation that is served and not in here fails the tests.

use chrono::TimeDelta;
use scimitar_domain::{Clock as _, Intent};
use serde_json::json;

use crate::harness::{Api, Client};

pub(super) const NOT_AUTHENTICATED: &str =
    r#"403 {"detail":"Authentication credentials were not provided."}"#;
pub(super) const NOT_PERMITTED: &str =
    r#"403 {"detail":"You do not have permission to perform this action."}"#;
pub(super) const INVALID: &str = r#"403 {"detail":"Token invalid/expired"}"#;
pub(super) const UNSUPPORTED: &str = r#"403 {"detail":"Unsupported authentication type"}"#;

/// Who gets further than the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    Anyone,
    /// Everybody with a good token. Ordinary users see themselves, their own tokens, and the version.
    Users,
    Administrators,
}

/// Who asks, as the table's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Anonymous,
    /// A header without a space in it counts as none.
    Unreadable,
    /// Another scheme than `Bearer`.
    OtherScheme,
    InvalidToken,
    ExpiredToken,
    /// A token that is good, for a purpose that is not the API.
    OtherIntent,
    /// The token of a user who was deactivated.
    InactiveUser,
    OrdinaryUser,
    /// The token that a source gives to those who send to it.
    Source,
    Administrator,
}

/// What a role gets at an operation of an audience: a refusal, or its way past the door.
pub(super) fn expected(audience: Audience, role: Role, one_object: bool) -> Option<&'static str> {
    let nobody = if one_object { NOT_PERMITTED } else { NOT_AUTHENTICATED };
    match (audience, role) {
        (Audience::Anyone, _)
        | (Audience::Users, Role::OrdinaryUser | Role::Source)
        | (_, Role::Administrator) => None,
        (_, Role::Anonymous | Role::Unreadable) => Some(nobody),
        (_, Role::OtherScheme) => Some(UNSUPPORTED),
        (_, Role::InvalidToken | Role::ExpiredToken | Role::OtherIntent | Role::InactiveUser) => {
            Some(INVALID)
        }
        (Audience::Administrators, Role::OrdinaryUser | Role::Source) => Some(NOT_PERMITTED),
    }
}

/// The row of an operation.
pub(super) fn audience(id: &str) -> Option<Audience> {
    let rows = [
        (Audience::Anyone, ANYONE.as_slice()),
        (Audience::Users, &USERS),
        (Audience::Administrators, &ADMINISTRATORS),
    ];
    let mut fitting = rows.iter().filter(|(_, ids)| ids.contains(&id)).map(|(audience, _)| *audience);
    let found = fitting.next();
    assert_eq!(fitting.next(), None, "{id} is in the table twice");
    found
}

/// One caller for every column of the table.
pub(super) async fn callers(api: &Api) -> Vec<(Role, Client)> {
    let now = api.clock.now();
    let ada = api.user("ada").await;
    let gone = api.user_with("gone", |user| user.is_active = false).await;
    api.token(ada, "ada", "ada-key", |_| {}).await;
    api.token(ada, "old", "old-key", |token| token.expires = Some(now - TimeDelta::seconds(1))).await;
    api.token(ada, "password", "password-key", |token| token.intent = Intent::AppPassword).await;
    api.token(gone, "gone", "gone-key", |_| {}).await;
    let source =
        api.admin().post("/sources/scim/", &json!({"name": "Wiki", "slug": "wiki"})).await.expect(201);
    let token = source["token_obj"]["identifier"].as_str().expect("an identifier");
    let key = api.admin().get(&format!("/core/tokens/{token}/view_key/")).await.expect(200);
    vec![
        (Role::Anonymous, api.anonymous()),
        (Role::Unreadable, api.with_header("nospace")),
        (Role::OtherScheme, api.with_header("Basic YTpi")),
        (Role::InvalidToken, api.with_key("unknown")),
        (Role::ExpiredToken, api.with_key("old-key")),
        (Role::OtherIntent, api.with_key("password-key")),
        (Role::InactiveUser, api.with_key("gone-key")),
        (Role::OrdinaryUser, api.with_key("ada-key")),
        (Role::Source, api.with_key(key["key"].as_str().expect("a key"))),
        (Role::Administrator, api.admin()),
    ]
}

/// Operations that anybody may use. This list only shrinks.
const ANYONE: [&str; 2] = ["root_config_retrieve", "schema_retrieve"];

/// Operations that users without rights may use: on themselves, and to learn the version.
const USERS: [&str; 11] = [
    "admin_version_retrieve",
    "core_tokens_create",
    "core_tokens_destroy",
    "core_tokens_list",
    "core_tokens_partial_update",
    "core_tokens_retrieve",
    "core_tokens_set_key_create",
    "core_tokens_update",
    "core_tokens_used_by_list",
    "core_tokens_view_key_retrieve",
    "core_users_me_retrieve",
];

/// All others.
const ADMINISTRATORS: [&str; 123] = [
    "core_applications_create",
    "core_applications_destroy",
    "core_applications_list",
    "core_applications_partial_update",
    "core_applications_retrieve",
    "core_applications_update",
    "core_applications_used_by_list",
    "core_groups_add_user_create",
    "core_groups_create",
    "core_groups_destroy",
    "core_groups_list",
    "core_groups_partial_update",
    "core_groups_remove_user_create",
    "core_groups_retrieve",
    "core_groups_update",
    "core_groups_used_by_list",
    "core_users_create",
    "core_users_destroy",
    "core_users_list",
    "core_users_partial_update",
    "core_users_retrieve",
    "core_users_service_account_create",
    "core_users_set_password_create",
    "core_users_update",
    "core_users_used_by_list",
    "propertymappings_all_destroy",
    "propertymappings_all_list",
    "propertymappings_all_retrieve",
    "propertymappings_all_test_create",
    "propertymappings_all_types_list",
    "propertymappings_all_used_by_list",
    "propertymappings_provider_scim_create",
    "propertymappings_provider_scim_destroy",
    "propertymappings_provider_scim_list",
    "propertymappings_provider_scim_partial_update",
    "propertymappings_provider_scim_retrieve",
    "propertymappings_provider_scim_update",
    "propertymappings_provider_scim_used_by_list",
    "propertymappings_source_scim_create",
    "propertymappings_source_scim_destroy",
    "propertymappings_source_scim_list",
    "propertymappings_source_scim_partial_update",
    "propertymappings_source_scim_retrieve",
    "propertymappings_source_scim_update",
    "propertymappings_source_scim_used_by_list",
    "providers_all_destroy",
    "providers_all_list",
    "providers_all_retrieve",
    "providers_all_types_list",
    "providers_all_used_by_list",
    "providers_scim_adoptions_create",
    "providers_scim_adoptions_discover_create",
    "providers_scim_adoptions_list",
    "providers_scim_capabilities_destroy",
    "providers_scim_capabilities_retrieve",
    "providers_scim_create",
    "providers_scim_destroy",
    "providers_scim_drain_create",
    "providers_scim_drain_retrieve",
    "providers_scim_drift_create",
    "providers_scim_drift_list",
    "providers_scim_explain_retrieve",
    "providers_scim_groups_create",
    "providers_scim_groups_destroy",
    "providers_scim_groups_list",
    "providers_scim_groups_retrieve",
    "providers_scim_groups_used_by_list",
    "providers_scim_list",
    "providers_scim_partial_update",
    "providers_scim_plan_apply_create",
    "providers_scim_plan_create",
    "providers_scim_plan_list",
    "providers_scim_plan_retrieve",
    "providers_scim_profiles_list",
    "providers_scim_retrieve",
    "providers_scim_runs_list",
    "providers_scim_sync_approve_create",
    "providers_scim_sync_failures_list",
    "providers_scim_sync_guard_retrieve",
    "providers_scim_sync_object_create",
    "providers_scim_sync_reject_create",
    "providers_scim_sync_retry_create",
    "providers_scim_sync_status_retrieve",
    "providers_scim_sync_undo_create",
    "providers_scim_sync_undo_retrieve",
    "providers_scim_update",
    "providers_scim_used_by_list",
    "providers_scim_users_create",
    "providers_scim_users_destroy",
    "providers_scim_users_list",
    "providers_scim_users_retrieve",
    "providers_scim_users_used_by_list",
    "sources_all_destroy",
    "sources_all_list",
    "sources_all_retrieve",
    "sources_all_types_list",
    "sources_all_used_by_list",
    "sources_scim_create",
    "sources_scim_destroy",
    "sources_scim_groups_create",
    "sources_scim_groups_destroy",
    "sources_scim_groups_list",
    "sources_scim_groups_partial_update",
    "sources_scim_groups_retrieve",
    "sources_scim_groups_update",
    "sources_scim_groups_used_by_list",
    "sources_scim_list",
    "sources_scim_log_list",
    "sources_scim_partial_update",
    "sources_scim_release_create",
    "sources_scim_retrieve",
    "sources_scim_tokens_create",
    "sources_scim_tokens_destroy",
    "sources_scim_tokens_list",
    "sources_scim_update",
    "sources_scim_used_by_list",
    "sources_scim_users_create",
    "sources_scim_users_destroy",
    "sources_scim_users_list",
    "sources_scim_users_partial_update",
    "sources_scim_users_retrieve",
    "sources_scim_users_update",
    "sources_scim_users_used_by_list",
];
