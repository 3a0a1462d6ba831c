//! What one remote has refused, kind by kind: in memory for whoever asks before a call, in the database for the
//! processes that come after.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use scimitar_domain::{Lesson, ObjectKind, Taught, Timestamp};
use scimitar_store::lessons;

use crate::context::Context;
use crate::engine::EngineParts;
use crate::profile::RemovedBy;
use crate::verbs::Verb;

/// How much of an answer is kept, in characters.
const LONGEST_DETAIL: usize = 1_000;

/// What this process knows of a remote's refusals.
#[derive(Debug, Default)]
pub(crate) struct Lessons {
    users: OfKind,
    groups: OfKind,
    /// When it was last found that the remote does have groups, although it refused one. Who asks waits at its lock.
    pub(crate) groups_there: tokio::sync::Mutex<Option<Timestamp>>,
}

#[derive(Debug)]
struct OfKind {
    not_offered: AtomicBool,
    no_patch: AtomicBool,
    no_put: AtomicBool,
    no_delete: AtomicBool,
    no_filter: AtomicBool,
    no_etag: AtomicBool,
    /// Whether a change that named a version was taken: then what is refused is not refused for that.
    takes_etags: AtomicBool,
    no_bulk: AtomicBool,
    removed_by_path: AtomicBool,
    removed_by_list: AtomicBool,
    members_per_request: AtomicUsize,
    operations_per_request: AtomicUsize,
}

impl Default for OfKind {
    fn default() -> Self {
        Self {
            not_offered: AtomicBool::new(false),
            no_patch: AtomicBool::new(false),
            no_put: AtomicBool::new(false),
            no_delete: AtomicBool::new(false),
            no_filter: AtomicBool::new(false),
            no_etag: AtomicBool::new(false),
            takes_etags: AtomicBool::new(false),
            no_bulk: AtomicBool::new(false),
            removed_by_path: AtomicBool::new(false),
            removed_by_list: AtomicBool::new(false),
            members_per_request: AtomicUsize::new(usize::MAX),
            operations_per_request: AtomicUsize::new(usize::MAX),
        }
    }
}

impl Lessons {
    pub(crate) fn of(learned: &[Lesson]) -> Self {
        let lessons = Self::default();
        for lesson in learned {
            lessons.note(lesson.kind, lesson.taught, true);
        }
        lessons
    }

    /// The verbs that change a kind, the one to begin with first: those that are `known` to, or where nothing is
    /// known, as the remote says. One that does not say whether it offers PATCH is asked by PUT first. What was
    /// refused is left out.
    pub(crate) fn verbs(&self, kind: ObjectKind, known: &[Verb], offers_patch: bool) -> Vec<Verb> {
        let usual = if offers_patch { [Verb::Patch, Verb::Put] } else { [Verb::Put, Verb::Patch] };
        let order = if known.is_empty() { &usual } else { known };
        order.iter().copied().filter(|verb| !self.refuses(kind, *verb)).collect()
    }

    /// The verb to begin with. A remote that refuses all of them says why best when it is asked as if nothing were
    /// known.
    pub(crate) fn first(&self, kind: ObjectKind, known: &[Verb], offers_patch: bool) -> Verb {
        let usual = if offers_patch { [Verb::Patch, Verb::Put] } else { [Verb::Put, Verb::Patch] };
        let order = if known.is_empty() { &usual } else { known };
        let taken = order.iter().copied().find(|verb| !self.refuses(kind, *verb));
        taken.or_else(|| known.first().copied()).unwrap_or(Verb::Put)
    }

    /// Whether the remote was found not to have the kind at all.
    pub(crate) fn lacks(&self, kind: ObjectKind) -> bool {
        self.kind(kind).not_offered.load(Ordering::Relaxed)
    }

    pub(crate) fn refuses(&self, kind: ObjectKind, verb: Verb) -> bool {
        let of = self.kind(kind);
        match verb {
            Verb::Patch => of.no_patch.load(Ordering::Relaxed),
            Verb::Put => of.no_put.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn refuses_deletions(&self, kind: ObjectKind) -> bool {
        self.kind(kind).no_delete.load(Ordering::Relaxed)
    }

    pub(crate) fn refuses_filters(&self, kind: ObjectKind) -> bool {
        self.kind(kind).no_filter.load(Ordering::Relaxed)
    }

    pub(crate) fn refuses_etags(&self, kind: ObjectKind) -> bool {
        self.kind(kind).no_etag.load(Ordering::Relaxed)
    }

    pub(crate) fn takes_etags(&self, kind: ObjectKind) -> bool {
        self.kind(kind).takes_etags.load(Ordering::Relaxed)
    }

    pub(crate) fn note_etag_taken(&self, kind: ObjectKind) {
        self.kind(kind).takes_etags.store(true, Ordering::Relaxed);
    }

    /// The most members that a request may have, by all that is known.
    pub(crate) fn members_per_request(&self) -> usize {
        self.groups.members_per_request.load(Ordering::Relaxed)
    }

    /// How members leave: as the remote has taken it, else as is `known`.
    pub(crate) fn removed_by(&self, known: RemovedBy) -> RemovedBy {
        let is = |learned: &AtomicBool| learned.load(Ordering::Relaxed);
        match (is(&self.groups.removed_by_path), is(&self.groups.removed_by_list)) {
            (true, false) => RemovedBy::ValuePath,
            (false, true) => RemovedBy::ValueList,
            (true, true) | (false, false) => known,
        }
    }

    /// Whether changes of users do not go together.
    pub(crate) fn refuses_bulk(&self) -> bool {
        self.users.no_bulk.load(Ordering::Relaxed)
    }

    /// The most changes of users that a request may have, by all that is known.
    pub(crate) fn operations_per_request(&self) -> usize {
        self.users.operations_per_request.load(Ordering::Relaxed)
    }

    /// Take a lesson in, or drop it. Answers whether that is news.
    pub(crate) fn note(&self, kind: ObjectKind, taught: Taught, is_so: bool) -> bool {
        let of = self.kind(kind);
        match taught {
            Taught::NotOffered => of.not_offered.swap(is_so, Ordering::Relaxed) != is_so,
            Taught::NoPatch => of.no_patch.swap(is_so, Ordering::Relaxed) != is_so,
            Taught::NoPut => of.no_put.swap(is_so, Ordering::Relaxed) != is_so,
            Taught::NoDelete => of.no_delete.swap(is_so, Ordering::Relaxed) != is_so,
            Taught::NoFilter => of.no_filter.swap(is_so, Ordering::Relaxed) != is_so,
            Taught::NoEtag => of.no_etag.swap(is_so, Ordering::Relaxed) != is_so,
            Taught::NoBulk => of.no_bulk.swap(is_so, Ordering::Relaxed) != is_so,
            Taught::RemovedByValuePath => of.removed_by_path.swap(is_so, Ordering::Relaxed) != is_so,
            Taught::RemovedByValueList => of.removed_by_list.swap(is_so, Ordering::Relaxed) != is_so,
            Taught::MembersPerRequest(most) => limit(&of.members_per_request, most, is_so),
            Taught::OperationsPerRequest(most) => limit(&of.operations_per_request, most, is_so),
        }
    }

    fn kind(&self, kind: ObjectKind) -> &OfKind {
        match kind {
            ObjectKind::User => &self.users,
            ObjectKind::Group => &self.groups,
        }
    }
}

fn limit(known: &AtomicUsize, most: i64, is_so: bool) -> bool {
    let most = if is_so { usize::try_from(most).unwrap_or(usize::MAX) } else { usize::MAX };
    known.swap(most, Ordering::Relaxed) != most
}

/// The lesson of a refused verb.
pub(crate) fn without(verb: Verb) -> Taught {
    match verb {
        Verb::Patch => Taught::NoPatch,
        Verb::Put => Taught::NoPut,
    }
}

/// The lesson of a way by which members leave.
pub(crate) fn leaving_by(form: RemovedBy) -> Taught {
    match form {
        RemovedBy::ValuePath => Taught::RemovedByValuePath,
        RemovedBy::ValueList => Taught::RemovedByValueList,
    }
}

impl EngineParts {
    /// Remember what a remote has refused. Costs nothing when it is known already.
    pub(crate) async fn learn(&self, context: &Context, kind: ObjectKind, taught: Taught, answer: &str) {
        if !context.lessons.note(kind, taught, true) {
            return;
        }
        let (provider, lesson) = (context.provider.pk, self.lesson(context, kind, taught, answer));
        let written = self.store.write(move |conn| lessons::learn(conn, provider, &lesson)).await;
        if let Err(error) = written {
            // This process knows; the next one asks again.
            tracing::warn!(error = &error as &dyn std::error::Error, "a lesson could not be written");
        }
    }

    /// What is to be remembered of an answer.
    pub(crate) fn lesson(&self, context: &Context, kind: ObjectKind, taught: Taught, answer: &str) -> Lesson {
        let provider = context.provider.pk;
        tracing::info!(
            provider.pk = provider.0,
            object.kind = kind.as_str(),
            lesson = taught.as_str(),
            "provider {provider} has refused something and is not asked for it again"
        );
        let detail = answer.chars().take(LONGEST_DETAIL).collect();
        Lesson { kind, taught, detail, learned_at: self.clock.now() }
    }

    /// A remote takes what it was thought to refuse.
    pub(crate) async fn unlearn(&self, context: &Context, kind: ObjectKind, taught: Taught) {
        if !context.lessons.note(kind, taught, false) {
            return;
        }
        let provider = context.provider.pk;
        let written = self.store.write(move |conn| lessons::unlearn(conn, provider, kind, taught)).await;
        if let Err(error) = written {
            tracing::warn!(error = &error as &dyn std::error::Error, "a lesson could not be dropped");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_is_not_tried_first_again() {
        let lessons = Lessons::default();
        assert_eq!(lessons.first(ObjectKind::User, &[], true), Verb::Patch);
        assert_eq!(lessons.first(ObjectKind::User, &[], false), Verb::Put);
        assert!(lessons.note(ObjectKind::User, Taught::NoPatch, true));
        assert!(!lessons.note(ObjectKind::User, Taught::NoPatch, true), "that is no news");
        assert_eq!(lessons.first(ObjectKind::User, &[], true), Verb::Put);
        assert_eq!(lessons.first(ObjectKind::Group, &[], true), Verb::Patch);
        lessons.note(ObjectKind::Group, Taught::NoPut, true);
        assert_eq!(lessons.first(ObjectKind::Group, &[], false), Verb::Patch);
        lessons.note(ObjectKind::Group, Taught::NoPut, false);
        assert_eq!(lessons.first(ObjectKind::Group, &[], false), Verb::Put);
    }

    #[test]
    fn what_is_known_goes_before_what_the_remote_says() {
        let lessons = Lessons::default();
        assert_eq!(lessons.first(ObjectKind::User, &[Verb::Put], true), Verb::Put);
        assert_eq!(lessons.first(ObjectKind::User, &[Verb::Patch], false), Verb::Patch);
        assert_eq!(lessons.verbs(ObjectKind::User, &[], true), [Verb::Patch, Verb::Put]);
        lessons.note(ObjectKind::User, Taught::NoPatch, true);
        assert_eq!(lessons.first(ObjectKind::User, &[Verb::Patch, Verb::Put], true), Verb::Put);
        assert_eq!(lessons.first(ObjectKind::User, &[Verb::Patch], true), Verb::Patch);
        assert_eq!(lessons.verbs(ObjectKind::User, &[Verb::Patch], true), []);
    }

    #[test]
    fn members_in_a_request_are_bounded_by_what_was_learned() {
        let learned = |taught| Lesson {
            kind: ObjectKind::Group,
            taught,
            detail: String::new(),
            learned_at: Timestamp::default(),
        };
        assert_eq!(Lessons::of(&[]).members_per_request(), usize::MAX);
        assert_eq!(Lessons::of(&[learned(Taught::MembersPerRequest(7))]).members_per_request(), 7);
    }
}
