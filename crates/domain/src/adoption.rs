//! Adoption: remote resources that were there before, and by what they are recognised.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::user::UnknownName;
use crate::{ObjectId, ObjectKind};

/// By what a remote resource is recognised, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// It carries our id, so it was made or taken over by us.
    ExternalId,
    /// Its `userName` or `displayName`.
    Name,
    /// One of its e-mail addresses.
    Email,
}

impl MatchedBy {
    pub const ALL: [Self; 3] = [Self::ExternalId, Self::Name, Self::Email];

    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ExternalId => "external_id",
            Self::Name => "name",
            Self::Email => "email",
        }
    }
}

impl FromStr for MatchedBy {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

/// A remote resource that could stand for an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Candidate {
    pub remote_id: String,
    pub matched_by: MatchedBy,
    /// What is the same on both sides.
    pub value: String,
}

/// How far the adoption of an object's remote resource has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AdoptionState {
    /// There is one resource that could stand for it; the next sync takes it over.
    Match,
    /// There are several, so a person has to choose.
    Ambiguous,
    /// It was taken over by its name or address, and nobody has confirmed that: Scimitar will not delete it.
    Adopted,
}

impl AdoptionState {
    pub const ALL: [Self; 3] = [Self::Match, Self::Ambiguous, Self::Adopted];

    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Ambiguous => "ambiguous",
            Self::Adopted => "adopted",
        }
    }
}

impl FromStr for AdoptionState {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

/// An object, and the remote resources that could stand for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    pub object: ObjectId,
    pub state: AdoptionState,
    pub candidates: Vec<Candidate>,
}

/// The keys by which an object and a remote resource recognise each other. Empty ones match nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MatchKeys {
    pub external_id: String,
    pub name: String,
    pub emails: Vec<String>,
}

impl MatchKeys {
    /// By what the two sides match first, and the value that is the same. Names and addresses match in any case
    /// of letters (RFC 7643 §4.1.1, §4.1.2); ids are equal to the letter.
    pub fn matched(&self, kind: ObjectKind, other: &Self) -> Option<(MatchedBy, String)> {
        let same = |one: &str, two: &str| !one.is_empty() && one.to_lowercase() == two.to_lowercase();
        if !self.external_id.is_empty() && self.external_id == other.external_id {
            return Some((MatchedBy::ExternalId, self.external_id.clone()));
        }
        if same(&self.name, &other.name) {
            return Some((MatchedBy::Name, self.name.clone()));
        }
        if kind == ObjectKind::Group {
            return None;
        }
        let email = self.emails.iter().find(|mine| other.emails.iter().any(|theirs| same(mine, theirs)))?;
        Some((MatchedBy::Email, email.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(external_id: &str, name: &str, email: &str) -> MatchKeys {
        MatchKeys { external_id: external_id.into(), name: name.into(), emails: vec![email.into()] }
    }

    #[track_caller]
    fn check(kind: ObjectKind, theirs: &MatchKeys, expected: Option<MatchedBy>) {
        let mine = keys("x1", "ada", "ada@example.com");
        assert_eq!(mine.matched(kind, theirs).map(|(by, _)| by), expected, "{theirs:?}");
    }

    #[test]
    fn the_surest_key_counts() {
        let (user, group) = (ObjectKind::User, ObjectKind::Group);
        check(user, &keys("x1", "ada", "ADA@example.com"), Some(MatchedBy::ExternalId));
        check(user, &keys("X1", "Ada", ""), Some(MatchedBy::Name));
        check(user, &keys("", "lovelace", "ADA@example.com"), Some(MatchedBy::Email));
        check(group, &keys("", "lovelace", "ADA@example.com"), None);
        check(user, &keys("", "", ""), None);
        assert_eq!(MatchKeys::default().matched(user, &MatchKeys::default()), None);
    }

    #[test]
    fn names_read_back() {
        assert!(MatchedBy::ALL.iter().all(|by| by.as_str().parse() == Ok(*by)));
        assert!(AdoptionState::ALL.iter().all(|state| state.as_str().parse() == Ok(*state)));
    }
}
