//! Sources: identity providers that push users and groups to us over SCIM.

use std::str::FromStr;

use chrono::TimeDelta;
use validator::Validate;

use crate::user::UnknownName;
use crate::{Intent, MappingId, SourceId, TokenFields, TokenId, UserFields, UserKind, UserPk, rules};

/// Where the accounts of sources live.
const ACCOUNT_PATH: &str = "goauthentik.io/sources/scim";

/// A source as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub id: SourceId,
    pub fields: SourceFields,
    /// A key by which programs find a source that they brought along. Callers cannot set it.
    pub managed: Option<String>,
    /// The service account in whose name the source acts. It is the source's own.
    pub account: UserPk,
    /// The token that the source's client authenticates with. It is the account's.
    pub token: TokenId,
}

/// What a caller may set on a source.
#[derive(Debug, Clone, PartialEq, Validate)]
pub struct SourceFields {
    #[validate(length(max = "rules::LONGEST_KEY", code = "max_length"), custom(function = rules::not_blank))]
    pub name: String,
    /// Part of the address that the source's client is given.
    #[validate(length(max = 50, code = "max_length"), custom(function = rules::slug))]
    pub slug: String,
    pub enabled: bool,
    /// The folder of users that the source makes; `%(slug)s` in it stands for the source's slug.
    #[validate(length(max = "rules::LONGEST_TEXT", code = "max_length"), custom(function = rules::not_blank))]
    pub user_path_template: String,
    /// In the order in which they were given. They apply in the order of their names.
    pub user_property_mappings: Vec<MappingId>,
    /// In the order in which they were given. They apply in the order of their names.
    pub group_property_mappings: Vec<MappingId>,
    pub delete_policy: DeletePolicy,
    /// For how long the policy that deletes later keeps what was deleted.
    #[validate(range(min = 1, max = 3650, code = "range"))]
    pub delete_after_days: i32,
    pub link_policy: LinkPolicy,
    /// Whether the link policy holds for those who administer the service, too, and for groups that make such.
    pub link_superusers: bool,
    /// So many users the client may deactivate or delete in an hour before somebody has to agree.
    #[validate(range(min = 0, max = 1_000_000, code = "range"))]
    pub guard_floor: i32,
    /// Or so many of a hundred of the source's users, whichever is more. With 100, nothing is ever held.
    #[validate(range(min = 0, max = 100, code = "range"))]
    pub guard_percent: i32,
}

impl Default for SourceFields {
    fn default() -> Self {
        Self {
            name: String::new(),
            slug: String::new(),
            enabled: true,
            user_path_template: "goauthentik.io/sources/%(slug)s".to_owned(),
            user_property_mappings: Vec::new(),
            group_property_mappings: Vec::new(),
            delete_policy: DeletePolicy::Delete,
            delete_after_days: 30,
            link_policy: LinkPolicy::None,
            link_superusers: false,
            guard_floor: 10,
            guard_percent: 10,
        }
    }
}

impl SourceFields {
    /// How long what was deleted is kept before it is deleted indeed; `None` for ever.
    pub fn kept_for(&self) -> Option<TimeDelta> {
        match self.delete_policy {
            DeletePolicy::DeactivateThenDelete => Some(TimeDelta::days(self.delete_after_days.into())),
            DeletePolicy::Unlink | DeletePolicy::Deactivate | DeletePolicy::Delete => None,
        }
    }
}

/// Which user or group of the directory a new resource of the source's client is linked to, instead of making one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkPolicy {
    /// None, ever.
    None,
    /// The user with its `userName`, the group with its `displayName`.
    UserName,
    /// The only user with its address. No group.
    Email,
    /// The one that has its `externalId` as `external_id` among its attributes.
    ExternalId,
}

impl LinkPolicy {
    pub const ALL: [Self; 4] = [Self::None, Self::UserName, Self::Email, Self::ExternalId];

    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::UserName => "user_name",
            Self::Email => "email",
            Self::ExternalId => "external_id",
        }
    }
}

impl FromStr for LinkPolicy {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

/// What becomes of a user or a group that the source's client deletes. The client sees no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeletePolicy {
    /// It stays as it is, and the source has nothing to do with it any more.
    Unlink,
    /// A user is deactivated and leaves the source's groups, a group loses the source's users. Both are kept, and
    /// come back when the client makes them again.
    Deactivate,
    Delete,
    /// Deactivated first, and deleted after some days.
    DeactivateThenDelete,
}

impl DeletePolicy {
    pub const ALL: [Self; 4] = [Self::Unlink, Self::Deactivate, Self::Delete, Self::DeactivateThenDelete];

    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unlink => "unlink",
            Self::Deactivate => "deactivate",
            Self::Delete => "delete",
            Self::DeactivateThenDelete => "deactivate_then_delete",
        }
    }
}

impl FromStr for DeletePolicy {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

impl SourceId {
    /// The user name of the source's account and the identifier of its token. Programs look for both.
    pub fn account_name(self) -> String {
        format!("ak-source-scim-{self}")
    }

    /// The account of a source with this name.
    pub fn account(self, name: &str) -> UserFields {
        UserFields {
            username: self.account_name(),
            name: format!("SCIM Source {name} Service-Account"),
            kind: UserKind::InternalServiceAccount,
            path: ACCOUNT_PATH.to_owned(),
            ..UserFields::default()
        }
    }

    /// The token of a source with this account.
    pub fn token(self, account: UserPk) -> TokenFields {
        TokenFields {
            identifier: self.account_name(),
            intent: Intent::Api,
            user: account,
            description: String::new(),
            expires: None,
            expiring: false,
            managed: Some(format!("{ACCOUNT_PATH}/{self}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_a_source_owns_is_named_after_it_and_valid() {
        let source = SourceId(Uuid::from_u128(7));
        let account = source.account(&"n".repeat(512));
        assert_eq!(account.username, "ak-source-scim-00000000-0000-0000-0000-000000000007");
        assert!(account.validate().is_ok());
        let token = source.token(UserPk(1));
        assert_eq!(token.identifier, account.username);
        assert_eq!(
            token.managed.as_deref(),
            Some("goauthentik.io/sources/scim/00000000-0000-0000-0000-000000000007")
        );
        assert!(token.validate().is_ok() && !token.expiring);
    }

    #[test]
    fn the_usual_source_lacks_a_name_and_a_slug_only() {
        let errors = SourceFields::default().validate().unwrap_err();
        let mut names: Vec<_> = errors.field_errors().into_keys().collect();
        names.sort_unstable();
        assert_eq!(names, ["name", "slug"]);
    }
}
