//! Lessons: what a remote has refused, so that it is not asked for again.

use crate::{ObjectKind, Timestamp};

/// One thing that a provider's remote does not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    pub kind: ObjectKind,
    pub taught: Taught,
    /// For people: what the remote answered. At most 1,000 characters.
    pub detail: String,
    pub learned_at: Timestamp,
}

/// What is known by a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taught {
    /// There are no resources of the kind at all.
    NotOffered,
    /// Resources of the kind are not changed by PATCH.
    NoPatch,
    /// Resources of the kind are not changed by PUT.
    NoPut,
    /// Resources of the kind are not deleted.
    NoDelete,
    /// Resources of the kind cannot be searched for.
    NoFilter,
    /// Changes of the kind are not bound to a version by `If-Match`.
    NoEtag,
    /// Changes of the kind do not go together in one request.
    NoBulk,
    /// Members leave by a path that names one (`members[value eq "…"]`), and not by a list.
    RemovedByValuePath,
    /// Members leave by a list of values, and not by a path that names one.
    RemovedByValueList,
    /// No more members than this go in one request.
    MembersPerRequest(i64),
    /// No more changes than this go in one request.
    OperationsPerRequest(i64),
}

impl Taught {
    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotOffered => "not_offered",
            Self::NoPatch => "no_patch",
            Self::NoPut => "no_put",
            Self::NoDelete => "no_delete",
            Self::NoFilter => "no_filter",
            Self::NoEtag => "no_etag",
            Self::NoBulk => "no_bulk",
            Self::RemovedByValuePath => "removed_by_value_path",
            Self::RemovedByValueList => "removed_by_value_list",
            Self::MembersPerRequest(_) => "members_per_request",
            Self::OperationsPerRequest(_) => "operations_per_request",
        }
    }

    /// The number that belongs to it, if one does.
    pub fn value(self) -> Option<i64> {
        match self {
            Self::MembersPerRequest(most) | Self::OperationsPerRequest(most) => Some(most),
            Self::NotOffered
            | Self::NoPatch
            | Self::NoPut
            | Self::NoDelete
            | Self::NoFilter
            | Self::NoEtag
            | Self::NoBulk
            | Self::RemovedByValuePath
            | Self::RemovedByValueList => None,
        }
    }

    /// What a name and a number in the database mean.
    pub fn read(name: &str, value: Option<i64>) -> Option<Self> {
        match (name, value) {
            ("not_offered", None) => Some(Self::NotOffered),
            ("no_patch", None) => Some(Self::NoPatch),
            ("no_put", None) => Some(Self::NoPut),
            ("no_delete", None) => Some(Self::NoDelete),
            ("no_filter", None) => Some(Self::NoFilter),
            ("no_etag", None) => Some(Self::NoEtag),
            ("no_bulk", None) => Some(Self::NoBulk),
            ("removed_by_value_path", None) => Some(Self::RemovedByValuePath),
            ("removed_by_value_list", None) => Some(Self::RemovedByValueList),
            ("members_per_request", Some(members)) if members > 0 => Some(Self::MembersPerRequest(members)),
            ("operations_per_request", Some(most)) if most > 0 => Some(Self::OperationsPerRequest(most)),
            _unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lesson_reads_back() {
        let all = [
            Taught::NotOffered,
            Taught::NoPatch,
            Taught::NoPut,
            Taught::NoDelete,
            Taught::NoFilter,
            Taught::NoEtag,
            Taught::NoBulk,
            Taught::RemovedByValuePath,
            Taught::RemovedByValueList,
            Taught::MembersPerRequest(7),
            Taught::OperationsPerRequest(7),
        ];
        for taught in all {
            assert_eq!(Taught::read(taught.as_str(), taught.value()), Some(taught));
        }
        assert_eq!(Taught::read("members_per_request", Some(0)), None);
        assert_eq!(Taught::read("no_put", Some(1)), None);
        assert_eq!(Taught::read("no_post", None), None);
    }
}
