//! Which resources a filter can be true of, by what indexes know.

use std::vec::IntoIter;

use scimitar_domain::SourceId;
use scimitar_scim::ResourceKind;
use scimitar_scim::filter::Condition;
use scimitar_store::{Conn, StoreError, source_links};

use super::sieve::Sieve;
use crate::reading::object_kind;

/// The numbers of those that have to be asked, in the order in which they were made.
pub(super) struct Candidates {
    source: SourceId,
    kind: ResourceKind,
    those: Those,
    /// Whether the filter is true of all of them, so that nobody has to ask.
    pub(super) is_exact: bool,
}

enum Those {
    Some(IntoIter<i64>),
    /// All behind this one; `None` when there are no more.
    All(Option<i64>),
}

impl Candidates {
    /// Those that are numbered higher than `after`.
    pub(super) fn of(
        conn: &mut Conn,
        source: SourceId,
        kind: ResourceKind,
        condition: Option<&Condition<'_>>,
        after: i64,
    ) -> Result<Self, StoreError> {
        let all = |is_exact| Self { source, kind, those: Those::All(Some(after)), is_exact };
        let Some(condition) = condition else { return Ok(all(true)) };
        let Some(sieve) = Sieve::of(kind, condition) else { return Ok(all(false)) };
        let through = sieve.through(conn, source, object_kind(kind), after)?;
        Ok(Self { source, kind, those: Those::Some(through.seqs.into_iter()), is_exact: through.is_exact })
    }

    /// How many there are, where that is known.
    pub(super) fn len(&self) -> Option<usize> {
        match &self.those {
            Those::Some(seqs) => Some(seqs.len()),
            Those::All(_) => None,
        }
    }

    /// The next ones, at most so many. `None` after the last.
    pub(super) fn next(&mut self, conn: &mut Conn, limit: usize) -> Result<Option<Vec<i64>>, StoreError> {
        let next: Vec<i64> = match &mut self.those {
            Those::Some(seqs) => seqs.take(limit).collect(),
            Those::All(None) => Vec::new(),
            Those::All(place @ Some(_)) => {
                let (size, after) = (i64::try_from(limit).unwrap_or(i64::MAX), place.unwrap_or_default());
                let seqs = source_links::walk(conn, self.source, object_kind(self.kind), after, 0, size)?;
                *place = seqs.last().copied().filter(|_| seqs.len() == limit);
                seqs
            }
        };
        Ok((!next.is_empty()).then_some(next))
    }
}
