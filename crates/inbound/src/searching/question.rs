//! One question about resources, and its answer.

use std::collections::BTreeMap;

use scimitar_scim::filter::{Condition, Filter, Unknown};
use scimitar_scim::sort::{Sort, SortOrder};
use scimitar_scim::{ResourceKind, ScimError};
use scimitar_store::source_links::Named;
use scimitar_store::{Conn, StoreError, source_links};

use super::hits::{Hit, Hits, read};
use crate::InboundError;
use crate::access::Visit;
use crate::held::{Held, related};
use crate::reading::object_kind;
use crate::service::Schemas;
use crate::shown::Found;

/// Candidates that are asked at a time.
const STEP: usize = 500;

/// What is asked, in a form that a unit of work can keep.
pub(super) struct Question {
    pub(super) visit: Visit,
    pub(super) kinds: Vec<ResourceKind>,
    pub(super) filter: Option<Filter>,
    pub(super) sort: Option<(String, SortOrder)>,
    pub(super) shows_related: bool,
    pub(super) schemas: Schemas,
}

/// Which part of the list: the number of the first resource, counted from 1, and how many at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: u64,
    pub(super) size: u64,
}

/// How many there are, if that is known, and those of the page.
pub(super) struct Answer {
    pub(super) total: Option<u64>,
    pub(super) page: Vec<(Found, Vec<Named>)>,
}

/// One kind with what the filter means for it.
type Asked<'s> = (ResourceKind, Option<Condition<'s>>);

impl Question {
    /// What the filter means for each kind. An attribute that one of several kinds lacks has no value there
    /// (RFC 7644 §3.4.2.1); one that none has is refused.
    pub(super) fn conditions(&self) -> Result<Vec<Asked<'_>>, ScimError> {
        let Some(filter) = &self.filter else {
            return Ok(self.kinds.iter().map(|kind| (*kind, None)).collect());
        };
        let strict = |kind: &ResourceKind| filter.check(self.schemas.of(*kind), Unknown::Refused);
        let mut first_refusal = None;
        if !self.kinds.iter().any(|kind| strict(kind).map_err(|error| first_refusal = Some(error)).is_ok())
            && let Some(refusal) = first_refusal
        {
            return Err(refusal);
        }
        let unknown = if self.kinds.len() == 1 { Unknown::Refused } else { Unknown::Absent };
        let conditions =
            self.kinds.iter().map(|kind| Ok((*kind, Some(filter.check(self.schemas.of(*kind), unknown)?))));
        conditions.collect()
    }

    /// The page of a window.
    pub(super) fn answer(&self, conn: &mut Conn, window: Window) -> Result<Answer, InboundError> {
        if let ([kind], None, None) = (&*self.kinds, &self.filter, &self.sort) {
            return Ok(self.plain(conn, *kind, window)?);
        }
        let start = usize::try_from(window.start - 1).unwrap_or(usize::MAX);
        let size = usize::try_from(window.size).unwrap_or(usize::MAX);
        let shown = start..start.saturating_add(size);
        let mut hits = self.all(conn, |n| self.sort.is_none() && shown.contains(&n))?;
        if let Some(sort) = self.any_sort() {
            // The sort is stable, so that equals stay in the order in which they were made.
            hits.sort_by(|a, b| sort.compare(&a.key, &b.key));
        }
        let total = hits.len() as u64;
        let held = read(conn, self, hits.into_iter().skip(start).take(size).collect())?;
        Ok(Answer { total: Some(total), page: self.with_related(conn, &held)? })
    }

    /// A list of one kind as it was made: nothing is read but the page.
    fn plain(&self, conn: &mut Conn, kind: ResourceKind, window: Window) -> Result<Answer, StoreError> {
        let (source, object_kind) = (self.visit.source.id, object_kind(kind));
        let total = source_links::count(conn, source, object_kind)?;
        let skip = i64::try_from(window.start - 1).unwrap_or(i64::MAX);
        let size = i64::try_from(window.size).unwrap_or(i64::MAX);
        let seqs = if size == 0 || skip >= total {
            Vec::new()
        } else {
            source_links::walk(conn, source, object_kind, 0, skip, size)?
        };
        let held = Held::numbered(conn, source, kind, &seqs)?;
        Ok(Answer { total: u64::try_from(total).ok(), page: self.with_related(conn, &held)? })
    }

    /// All that is in the list, in the order in which it was made. `keeps` tells which of them are shown anyway.
    pub(super) fn all(
        &self,
        conn: &mut Conn,
        keeps: impl Fn(usize) -> bool,
    ) -> Result<Vec<Hit>, InboundError> {
        let mut hits: Vec<Hit> = Vec::new();
        for (kind, condition) in &self.conditions()? {
            let mut theirs = Hits::of(conn, self, *kind, condition.as_ref(), 0)?;
            while let Some(more) = theirs.next(conn, STEP)? {
                for mut hit in more {
                    hit.held = hit.held.filter(|_| keeps(hits.len()));
                    hits.push(hit);
                }
            }
        }
        Ok(hits)
    }

    /// What resources of a kind are sorted by. Of several kinds one may lack the attribute.
    pub(super) fn sort(&self, kind: ResourceKind) -> Option<Sort<'_>> {
        let (by, order) = self.sort.as_ref()?;
        Sort::read(self.schemas.of(kind), by, *order).ok()
    }

    /// What the list is sorted by: how two keys compare is the same for all kinds.
    pub(super) fn any_sort(&self) -> Option<Sort<'_>> {
        self.kinds.iter().find_map(|kind| self.sort(*kind))
    }

    pub(super) fn with_related(
        &self,
        conn: &mut Conn,
        held: &[Held],
    ) -> Result<Vec<(Found, Vec<Named>)>, StoreError> {
        let mut beside = if self.shows_related {
            related(conn, self.visit.source.id, held, None)?
        } else {
            BTreeMap::new()
        };
        Ok(held
            .iter()
            .map(|it| {
                let found = it.found();
                let related = beside.remove(&found.id).unwrap_or_default();
                (found, related)
            })
            .collect())
    }
}
