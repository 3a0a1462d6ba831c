//! Users: the people and services of the directory.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use validator::Validate;

use crate::{JsonObject, Timestamp, UserPk, UserUuid, rules};

/// A user as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    pub pk: UserPk,
    pub uuid: UserUuid,
    pub fields: UserFields,
    pub date_joined: Timestamp,
    pub last_updated: Timestamp,
    pub password_change_date: Timestamp,
    /// Rises with every change of the user, memberships included.
    pub version: i64,
}

/// What a caller may set on a user.
#[derive(Debug, Clone, PartialEq, Validate)]
pub struct UserFields {
    #[validate(length(max = 150, code = "max_length"), custom(function = rules::not_blank))]
    pub username: String,
    #[validate(length(max = "rules::LONGEST_TEXT", code = "max_length"), custom(function = rules::no_nul))]
    pub name: String,
    #[validate(length(max = 254, code = "max_length"), custom(function = rules::email_or_empty))]
    pub email: String,
    pub is_active: bool,
    pub kind: UserKind,
    #[validate(length(max = "rules::LONGEST_KEY", code = "max_length"), custom(function = rules::user_path))]
    pub path: String,
    pub attributes: JsonObject,
    pub last_login: Option<Timestamp>,
}

impl Default for UserFields {
    fn default() -> Self {
        Self {
            username: String::new(),
            name: String::new(),
            email: String::new(),
            is_active: true,
            kind: UserKind::Internal,
            path: "users".to_owned(),
            attributes: JsonObject::new(),
            last_login: None,
        }
    }
}

/// What sort of user this is, `type` in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserKind {
    Internal,
    External,
    ServiceAccount,
    InternalServiceAccount,
}

impl UserKind {
    pub const ALL: [Self; 4] =
        [Self::Internal, Self::External, Self::ServiceAccount, Self::InternalServiceAccount];

    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::External => "external",
            Self::ServiceAccount => "service_account",
            Self::InternalServiceAccount => "internal_service_account",
        }
    }

    /// Whether `exclude_users_service_account` leaves this kind out.
    pub fn is_service_account(self) -> bool {
        match self {
            Self::ServiceAccount | Self::InternalServiceAccount => true,
            Self::Internal | Self::External => false,
        }
    }
}

impl FromStr for UserKind {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

/// A name that no variant of the enum carries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a known name")]
pub struct UnknownName(pub String);

/// The identity of this installation, made at the first start and never changed.
///
/// Remote systems know users by a hash over it, so it moves along when data is migrated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstallId(pub Uuid);

impl InstallId {
    /// A user's `uid`: 64 hexadecimal digits, the SHA-256 of `<pk>-<install id>`.
    ///
    /// It is the default `externalId` of users at remotes, so it must not change
    /// (authentik computes the same).
    pub fn uid(self, user: UserPk) -> String {
        hex::encode(Sha256::digest(format!("{user}-{self}")))
    }
}

impl fmt::Display for InstallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uid_is_the_hash_of_key_and_installation() {
        let install = InstallId(Uuid::from_u128(1));
        // printf '7-00000000000000000000000000000001' | sha256sum
        assert_eq!(install.uid(UserPk(7)).len(), 64);
        assert_eq!(install.uid(UserPk(7)), install.uid(UserPk(7)));
        assert_ne!(install.uid(UserPk(7)), install.uid(UserPk(8)));
    }

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in UserKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert!("robot".parse::<UserKind>().is_err());
    }

    #[test]
    fn all_faults_of_a_user_are_reported_together() {
        let fields = UserFields {
            username: "x".repeat(151),
            email: "nobody".into(),
            path: "/users".into(),
            ..UserFields::default()
        };
        let errors = fields.validate().unwrap_err();
        let mut names: Vec<_> = errors.field_errors().into_keys().collect();
        names.sort_unstable();
        assert_eq!(names, ["email", "path", "username"]);
    }
}
