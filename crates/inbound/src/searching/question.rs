//! One question about resources, and its answer.

use std::collections::BTreeMap;

use scimitar_scim::filter::{Condition, Filter, Unknown};
use scimitar_scim::sort::{Sort, SortKey, SortOrder};
use scimitar_scim::{ResourceKind, ScimError};
use scimitar_store::source_links::Named;
use scimitar_store::{Conn, StoreError, source_links};
use uuid::Uuid;

use super::candidates::Candidates;
use super::mentions::{Mentions, mentions};
use crate::InboundError;
use crate::access::Visit;
use crate::held::{Held, related};
use crate::reading::{object_kind, related_name};
use crate::service::Schemas;
use crate::shown::Found;

/// What is asked, in a form that a unit of work can keep.
pub(super) struct Question {
    pub(super) visit: Visit,
    pub(super) kinds: Vec<ResourceKind>,
    pub(super) filter: Option<Filter>,
    pub(super) sort: Option<(String, SortOrder)>,
    pub(super) window: Window,
    pub(super) shows_related: bool,
    pub(super) schemas: Schemas,
}

/// Which part of the list: the number of the first resource, counted from 1, and how many at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: u64,
    pub(super) size: u64,
}

/// How many there are, and those of the window.
pub(super) struct Answer {
    pub(super) total: u64,
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

    pub(super) fn answer(&self, conn: &mut Conn) -> Result<Answer, InboundError> {
        if let ([kind], None, None) = (&*self.kinds, &self.filter, &self.sort) {
            return Ok(self.plain(conn, *kind)?);
        }
        let mut hits = Vec::new();
        for (kind, condition) in self.conditions()? {
            self.collect(conn, kind, condition.as_ref(), &mut hits)?;
        }
        if self.sort.is_some() {
            // The sort is stable, so that equals stay in the order in which they were made.
            if let Some(sort) = self.kinds.iter().find_map(|kind| self.sort(*kind)) {
                hits.sort_by(|a, b| sort.compare(&a.key, &b.key));
            }
        }
        let window = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let shown = hits.iter().skip(window(self.window.start - 1)).take(window(self.window.size));
        let mut held = Vec::new();
        for hit in shown {
            held.extend(Held::find(conn, self.visit.source.id, hit.kind, hit.id)?);
        }
        Ok(Answer { total: hits.len() as u64, page: self.with_related(conn, &held)? })
    }

    /// A list of one kind as it was made: nothing is read but the page.
    fn plain(&self, conn: &mut Conn, kind: ResourceKind) -> Result<Answer, StoreError> {
        let source = self.visit.source.id;
        let total = source_links::count(conn, source, object_kind(kind))?;
        let skip = i64::try_from(self.window.start - 1).unwrap_or(i64::MAX);
        let size = i64::try_from(self.window.size).unwrap_or(i64::MAX);
        let held = if size == 0 || skip >= total {
            Vec::new()
        } else {
            Held::walk(conn, source, kind, None, skip, size)?
        };
        Ok(Answer { total: u64::try_from(total).unwrap_or_default(), page: self.with_related(conn, &held)? })
    }

    fn collect(
        &self,
        conn: &mut Conn,
        kind: ResourceKind,
        condition: Option<&Condition<'_>>,
        hits: &mut Vec<Hit>,
    ) -> Result<(), InboundError> {
        let sort = self.sort(kind);
        let sorts_related = sort.is_some_and(|sort| sort.target.attribute.name == related_name(kind));
        let mentioned = match condition {
            _ if sorts_related => Mentions::Everything,
            Some(condition) => mentions(condition, related_name(kind)),
            None => Mentions::Nothing,
        };
        let mut candidates = Candidates::of(conn, self.visit.source.id, kind, condition)?;
        while let Some(held) = candidates.next(conn)? {
            let mut beside = match &mentioned {
                Mentions::Nothing => BTreeMap::new(),
                Mentions::These(ids) => related(conn, self.visit.source.id, &held, Some(ids))?,
                Mentions::Everything => related(conn, self.visit.source.id, &held, None)?,
            };
            for it in &held {
                let found = it.found();
                let resource = found.shown(&self.visit, &beside.remove(&found.id).unwrap_or_default());
                if condition.is_none_or(|condition| condition.matches(&resource)) {
                    let key = sort.map_or(SortKey::Absent, |sort| sort.key(&resource));
                    hits.push(Hit { kind, id: found.id, key });
                }
            }
        }
        Ok(())
    }

    /// What resources of a kind are sorted by. Of several kinds one may lack the attribute.
    fn sort(&self, kind: ResourceKind) -> Option<Sort<'_>> {
        let (by, order) = self.sort.as_ref()?;
        Sort::read(self.schemas.of(kind), by, *order).ok()
    }

    fn with_related(&self, conn: &mut Conn, held: &[Held]) -> Result<Vec<(Found, Vec<Named>)>, StoreError> {
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

/// A resource that is in the list. The rest of it is read again when it is shown, so that a long list is short here.
struct Hit {
    kind: ResourceKind,
    id: Uuid,
    key: SortKey,
}
