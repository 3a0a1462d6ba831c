//! Scope: which objects a provider is to hold, and which of them there is something to do for.
//!
//! Users: all, or the direct members of the filter group; without service accounts if they are excluded.
//! Groups: all, or those of the group filters. Neither limits the other, and inactive users stay in scope.
//! Whether the provider is synced at all (attached, not held) is for the caller to ask.
//!
//! An object is due when it has no link, when it or the provider has changed since its link was last dealt
//! with, when the answer to a create was lost, or when its last attempt is to be repeated. What is parked is due
//! only after a change.
//!
//! The queries are text, one for both databases, because what counts here is the way they are run: each is one
//! scan along an index in the order of its result. SQLite numbers `$1`, `$2`… by their first appearance, so they
//! appear in order; and it keeps the order of a CROSS JOIN (optoverview.html, "Manual Control Of Query Plans"),
//! where for a JOIN it may begin with the links of the whole provider. The bounds stand on both sides of the join
//! to the links, because PostgreSQL may merge the two and would else read the links from the first one on.

mod departed;
mod groups;
mod unlinked;
mod users;

pub(crate) use self::departed::reject_departed;
pub use self::departed::{DepartedCounts, count_departed, departed};
pub use self::groups::{count_groups, groups_due, groups_in_scope, groups_to_plan};
pub use self::unlinked::any_unlinked;
pub use self::users::{count_users, has_users, users_due, users_in_scope};

/// What makes an object `o` with its link `l` due. `$4` is the provider's revision.
const IS_DUE: &str = "l.id IS NULL OR l.synced_version <> o.version OR l.synced_revision <> $4 \
                      OR (l.attempt_class IS NOT NULL AND l.attempt_next_at IS NOT NULL) \
                      OR (l.creating AND l.attempt_class IS NULL) OR l.departed_at IS NOT NULL";
