//! A walk through a list by cursors (RFC 9865).
//!
//! A cursor says behind which resource the next page begins, and never how many came before it. So whatever is made
//! or deleted meanwhile, what stays is seen once, and a page costs the same wherever it is. In a walk along an
//! attribute that holds for those of which the attribute stays.

use std::cmp::Ordering;

use scimitar_scim::ResourceKind;
use scimitar_scim::sort::{Sort, SortKey};
use scimitar_store::{Conn, source_links};

use super::hits::{Hit, Hits, read};
use super::question::{Answer, Question};
use crate::InboundError;
use crate::reading::object_kind;

/// The letters of a text by which places in a walk are told apart: a cursor has to fit into an address.
const LETTERS: usize = 256;
/// Candidates that are asked at a time.
const STEP: usize = 500;

/// Behind which resource a page begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub(super) kind: ResourceKind,
    pub(super) seq: i64,
    /// What it is sorted by, shortened.
    pub(super) key: SortKey,
}

/// A page, and behind which resource the next one begins, if there is one.
pub(super) struct Stage {
    pub(super) answer: Answer,
    pub(super) next: Option<Place>,
}

impl Question {
    /// The page of so many behind `place`, or, without, the first one. `total` is what the first page has told.
    pub(super) fn stage(
        &self,
        conn: &mut Conn,
        place: Option<&Place>,
        size: usize,
        total: Option<u64>,
    ) -> Result<Stage, InboundError> {
        let (mut hits, counted) = if self.sort.is_some() {
            self.sorted_behind(conn, place)?
        } else {
            self.made_behind(conn, place, size)?
        };
        let there_is_more = hits.len() > size;
        hits.truncate(size);
        let last = hits.last().map(Hit::place).or_else(|| place.cloned());
        let last = last.unwrap_or(Place { kind: ResourceKind::User, seq: 0, key: SortKey::Absent });
        let held = read(conn, self, hits)?;
        let total = match place {
            None => counted,
            Some(_) if self.sort.is_some() => counted,
            Some(_) => total,
        };
        let answer = Answer { total, page: self.with_related(conn, &held)? };
        Ok(Stage { answer, next: there_is_more.then_some(last) })
    }

    /// The hits behind a place in the order in which they were made, one more than asked for if there are so many,
    /// and how many there are of all where that can be told.
    fn made_behind(
        &self,
        conn: &mut Conn,
        place: Option<&Place>,
        size: usize,
    ) -> Result<(Vec<Hit>, Option<u64>), InboundError> {
        let enough = size.saturating_add(1);
        let conditions = self.conditions()?;
        let mut hits: Vec<Hit> = Vec::new();
        let mut known = Some(0);
        for (kind, condition) in &conditions {
            let after = match place {
                Some(_) if hits.len() >= enough => break,
                Some(place) if *kind < place.kind => continue,
                Some(place) if *kind == place.kind => place.seq,
                Some(_) | None => 0,
            };
            let mut theirs = Hits::of(conn, self, *kind, condition.as_ref(), after)?;
            let n_theirs = match condition {
                None if place.is_none() => {
                    let n = source_links::count(conn, self.visit.source.id, object_kind(*kind))?;
                    u64::try_from(n).ok()
                }
                None => None,
                Some(_) => theirs.len().map(|n| n as u64),
            };
            let n_before = hits.len();
            while hits.len() < enough {
                match theirs.next(conn, (enough - hits.len()).clamp(1, STEP))? {
                    Some(more) => hits.extend(more),
                    None => break,
                }
            }
            let is_done = hits.len() < enough;
            let n_theirs = n_theirs.or_else(|| is_done.then_some((hits.len() - n_before) as u64));
            known = known.zip(n_theirs).map(|(known, n)| known + n);
        }
        Ok((hits, known))
    }

    /// The hits behind a place in the order of an attribute, and how many there are of all.
    fn sorted_behind(
        &self,
        conn: &mut Conn,
        place: Option<&Place>,
    ) -> Result<(Vec<Hit>, Option<u64>), InboundError> {
        let mut hits = self.all(conn, |_| false)?;
        let total = hits.len() as u64;
        for hit in &mut hits {
            hit.key = shortened(std::mem::replace(&mut hit.key, SortKey::Absent));
        }
        if let Some(sort) = self.any_sort() {
            if let Some(place) = place {
                hits.retain(|hit| order(&sort, &hit.place(), place) == Ordering::Greater);
            }
            hits.sort_by(|a, b| order(&sort, &a.place(), &b.place()));
        }
        Ok((hits, Some(total)))
    }
}

impl Hit {
    fn place(&self) -> Place {
        Place { kind: self.kind, seq: self.seq, key: self.key.clone() }
    }
}

/// Equals are in the order in which they were made, whichever way the rest is.
fn order(sort: &Sort<'_>, a: &Place, b: &Place) -> Ordering {
    sort.compare(&a.key, &b.key).then(a.kind.cmp(&b.kind)).then(a.seq.cmp(&b.seq))
}

fn shortened(key: SortKey) -> SortKey {
    match key {
        SortKey::Text(text) => SortKey::Text(text.chars().take(LETTERS).collect()),
        SortKey::Boolean(_) | SortKey::Number(_) | SortKey::Instant(_) | SortKey::Absent => key,
    }
}
