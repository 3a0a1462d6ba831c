//! The mappings that every installation starts with.

/// The name of the default user mapping.
pub const USER_NAME: &str = "authentik default SCIM Mapping: User";
/// The name of the default group mapping.
pub const GROUP_NAME: &str = "authentik default SCIM Mapping: Group";

/// The key by which programs find the default user mapping.
pub const USER_MANAGED: &str = "goauthentik.io/providers/scim/user";
/// The key by which programs find the default group mapping.
pub const GROUP_MANAGED: &str = "goauthentik.io/providers/scim/group";

/// The default user mapping.
pub const USER_EXPRESSION: &str = include_str!("defaults/user.py");
/// The default group mapping.
pub const GROUP_EXPRESSION: &str = include_str!("defaults/group.py");
