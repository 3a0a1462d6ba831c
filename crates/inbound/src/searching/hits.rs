//! What is in a list: the candidates of which the filter is true.

use std::collections::BTreeMap;

use scimitar_scim::ResourceKind;
use scimitar_scim::filter::Condition;
use scimitar_scim::sort::SortKey;
use scimitar_store::{Conn, StoreError};

use super::candidates::Candidates;
use super::mentions::{Mentions, mentions};
use super::question::Question;
use crate::held::{Held, related};
use crate::reading::related_name;

/// A resource that is in the list.
pub(super) struct Hit {
    pub(super) kind: ResourceKind,
    pub(super) seq: i64,
    pub(super) key: SortKey,
    /// What was read to ask it. Whoever goes on without it reads it again, so that a long list is short.
    pub(super) held: Option<Held>,
}

/// The hits of one kind, some at a time, in the order in which they were made.
pub(super) struct Hits<'q> {
    question: &'q Question,
    kind: ResourceKind,
    condition: Option<&'q Condition<'q>>,
    mentioned: Mentions,
    candidates: Candidates,
}

impl<'q> Hits<'q> {
    /// Those that are numbered higher than `after`.
    pub(super) fn of(
        conn: &mut Conn,
        question: &'q Question,
        kind: ResourceKind,
        condition: Option<&'q Condition<'q>>,
        after: i64,
    ) -> Result<Self, StoreError> {
        let sort = question.sort(kind);
        let sorts_related = sort.is_some_and(|sort| sort.target.attribute.name == related_name(kind));
        let mentioned = match condition {
            _ if sorts_related => Mentions::Everything,
            Some(condition) => mentions(condition, related_name(kind)),
            None => Mentions::Nothing,
        };
        let candidates = Candidates::of(conn, question.visit.source.id, kind, condition, after)?;
        Ok(Self { question, kind, condition, mentioned, candidates })
    }

    /// How many hits there are, where that is known before they are looked at.
    pub(super) fn len(&self) -> Option<usize> {
        if self.candidates.is_exact { self.candidates.len() } else { None }
    }

    /// The hits among the next candidates, of which at most so many are asked. `None` after the last.
    pub(super) fn next(&mut self, conn: &mut Conn, limit: usize) -> Result<Option<Vec<Hit>>, StoreError> {
        let Some(seqs) = self.candidates.next(conn, limit)? else { return Ok(None) };
        let sort = self.question.sort(self.kind);
        if self.candidates.is_exact && sort.is_none() {
            let kind = self.kind;
            let hit = |seq| Hit { kind, seq, key: SortKey::Absent, held: None };
            return Ok(Some(seqs.into_iter().map(hit).collect()));
        }
        let visit = &self.question.visit;
        let read = Held::numbered(conn, visit.source.id, self.kind, &seqs)?;
        let mut beside = match &self.mentioned {
            Mentions::Nothing => BTreeMap::new(),
            Mentions::These(ids) => related(conn, visit.source.id, &read, Some(ids))?,
            Mentions::Everything => related(conn, visit.source.id, &read, None)?,
        };
        let mut hits = Vec::new();
        for held in read {
            let found = held.found();
            let resource = found.shown(visit, &beside.remove(&found.id).unwrap_or_default());
            if self.condition.is_none_or(|condition| condition.matches(&resource)) {
                let key = sort.map_or(SortKey::Absent, |sort| sort.key(&resource));
                hits.push(Hit { kind: self.kind, seq: held.link().seq, key, held: Some(held) });
            }
        }
        Ok(Some(hits))
    }
}

/// Read what has not been read yet. What has been deleted meanwhile is left out.
pub(super) fn read(conn: &mut Conn, question: &Question, hits: Vec<Hit>) -> Result<Vec<Held>, StoreError> {
    let mut missing: BTreeMap<ResourceKind, Vec<i64>> = BTreeMap::new();
    for hit in hits.iter().filter(|hit| hit.held.is_none()) {
        missing.entry(hit.kind).or_default().push(hit.seq);
    }
    let mut found = BTreeMap::new();
    for (kind, mut seqs) in missing {
        seqs.sort_unstable();
        let read = Held::numbered(conn, question.visit.source.id, kind, &seqs)?;
        found.extend(read.into_iter().map(|held| (held.link().seq, held)));
    }
    Ok(hits.into_iter().filter_map(|hit| hit.held.or_else(|| found.remove(&hit.seq))).collect())
}
