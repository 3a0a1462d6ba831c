//! Which verb changes a resource at one remote: what it says, corrected by what it refuses.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use scimitar_domain::ObjectKind;

/// The two ways to change a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    Patch,
    Put,
}

/// What a remote has refused since its provider was last saved, kind by kind.
#[derive(Debug, Default)]
pub(crate) struct Verbs {
    users: Refused,
    groups: Refused,
}

#[derive(Debug, Default)]
struct Refused {
    patch: AtomicBool,
    put: AtomicBool,
}

impl Verb {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Patch => Self::Put,
            Self::Put => Self::Patch,
        }
    }
}

impl Verbs {
    /// The verb to begin with: the first that is `known` to change this kind and was not refused, or where nothing
    /// is known, what the remote says. One that does not say whether it offers PATCH is asked by PUT first.
    pub(crate) fn first(&self, kind: ObjectKind, known: &[Verb], offers_patch: bool) -> Verb {
        let usual = if offers_patch { [Verb::Patch, Verb::Put] } else { [Verb::Put, Verb::Patch] };
        let order = if known.is_empty() { &usual } else { known };
        let taken = order.iter().copied().find(|verb| !self.is_refused(kind, *verb));
        // A remote that refuses all of them says why best when it is asked as if nothing were known.
        taken.or_else(|| known.first().copied()).unwrap_or(Verb::Put)
    }

    fn is_refused(&self, kind: ObjectKind, verb: Verb) -> bool {
        let refused = self.of(kind);
        match verb {
            Verb::Patch => refused.patch.load(Ordering::Relaxed),
            Verb::Put => refused.put.load(Ordering::Relaxed),
        }
    }

    /// Note whether the remote takes the verb.
    pub(crate) fn learn(&self, kind: ObjectKind, verb: Verb, is_refused: bool) {
        let refused = self.of(kind);
        match verb {
            Verb::Patch => refused.patch.store(is_refused, Ordering::Relaxed),
            Verb::Put => refused.put.store(is_refused, Ordering::Relaxed),
        }
    }

    fn of(&self, kind: ObjectKind) -> &Refused {
        match kind {
            ObjectKind::User => &self.users,
            ObjectKind::Group => &self.groups,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_is_not_tried_first_again() {
        let verbs = Verbs::default();
        assert_eq!(verbs.first(ObjectKind::User, &[], true), Verb::Patch);
        assert_eq!(verbs.first(ObjectKind::User, &[], false), Verb::Put);
        verbs.learn(ObjectKind::User, Verb::Patch, true);
        assert_eq!(verbs.first(ObjectKind::User, &[], true), Verb::Put);
        assert_eq!(verbs.first(ObjectKind::Group, &[], true), Verb::Patch);
        verbs.learn(ObjectKind::Group, Verb::Put, true);
        assert_eq!(verbs.first(ObjectKind::Group, &[], false), Verb::Patch);
        verbs.learn(ObjectKind::Group, Verb::Put, false);
        assert_eq!(verbs.first(ObjectKind::Group, &[], false), Verb::Put);
    }

    #[test]
    fn what_is_known_goes_before_what_the_remote_says() {
        let verbs = Verbs::default();
        assert_eq!(verbs.first(ObjectKind::User, &[Verb::Put], true), Verb::Put);
        assert_eq!(verbs.first(ObjectKind::User, &[Verb::Patch], false), Verb::Patch);
        assert_eq!(verbs.first(ObjectKind::User, &[Verb::Patch, Verb::Put], false), Verb::Patch);
        verbs.learn(ObjectKind::User, Verb::Patch, true);
        assert_eq!(verbs.first(ObjectKind::User, &[Verb::Patch, Verb::Put], true), Verb::Put);
        assert_eq!(verbs.first(ObjectKind::User, &[Verb::Patch], true), Verb::Patch);
    }
}
