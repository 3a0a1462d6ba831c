//! Which verb changes a resource at one remote: what it says, corrected by what it refuses.

use std::sync::atomic::{AtomicBool, Ordering};

use scimitar_domain::ObjectKind;

/// The two ways to change a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
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
    /// The verb to begin with. A remote that does not say whether it offers PATCH is asked by PUT first.
    pub(crate) fn first(&self, kind: ObjectKind, offers_patch: bool) -> Verb {
        let refused = self.of(kind);
        let (patch, put) = (refused.patch.load(Ordering::Relaxed), refused.put.load(Ordering::Relaxed));
        if !patch && (offers_patch || put) { Verb::Patch } else { Verb::Put }
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
        assert_eq!(verbs.first(ObjectKind::User, true), Verb::Patch);
        assert_eq!(verbs.first(ObjectKind::User, false), Verb::Put);
        verbs.learn(ObjectKind::User, Verb::Patch, true);
        assert_eq!(verbs.first(ObjectKind::User, true), Verb::Put);
        assert_eq!(verbs.first(ObjectKind::Group, true), Verb::Patch);
        verbs.learn(ObjectKind::Group, Verb::Put, true);
        assert_eq!(verbs.first(ObjectKind::Group, false), Verb::Patch);
        verbs.learn(ObjectKind::Group, Verb::Put, false);
        assert_eq!(verbs.first(ObjectKind::Group, false), Verb::Put);
    }
}
