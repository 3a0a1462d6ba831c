//! Resources, searched (RFC 7644 §3.4.2, §3.4.3).
//!
//! A filter is never applied in part. What indexes know of it narrows the resources down to candidates, and the whole
//! filter is asked of each of those, unless it is nothing but questions that the indexes answer for good. So an
//! index decides about the cost and never about the answer.

mod candidates;
mod cursor;
mod hits;
mod mentions;
mod question;
mod sieve;
mod walk;

use std::sync::Arc;

use scimitar_scim::message::{ListPage, Paging, SearchRequest};
use scimitar_scim::projection::Projection;
use scimitar_scim::sort::Sort;
use scimitar_scim::{Reason, ResourceKind};
use scimitar_store::Conn;
use serde_json::Value;

use self::cursor::Cursor;
use self::question::{Answer, Question, Window};
use crate::access::Visit;
use crate::discovery::{CURSOR_TIMEOUT, DEFAULT_PAGE, MAX_PAGE};
use crate::reading::related_name;
use crate::reply::Wanted;
use crate::{Inbound, InboundError, sound};

impl Inbound {
    /// The page of a list that is asked for: of one kind, or, without, of both.
    pub async fn search(
        &self,
        visit: &Visit,
        kind: Option<ResourceKind>,
        request: SearchRequest,
    ) -> Result<Value, InboundError> {
        let kinds: Vec<ResourceKind> = match kind {
            Some(kind) => {
                visit.may_read(kind)?;
                vec![kind]
            }
            // A token sees of all kinds what it opens, and opens one at least.
            None => ResourceKind::ALL.into_iter().filter(|kind| visit.may_read(*kind).is_ok()).collect(),
        };
        let wanted =
            Wanted { attributes: request.attributes.clone(), excluded: request.excluded_attributes.clone() };
        let projections: Vec<Projection<'_>> =
            kinds.iter().map(|kind| self.projection(visit, *kind, &wanted)).collect::<Result<_, _>>()?;
        let shows_related =
            kinds.iter().zip(&projections).any(|(kind, projection)| projection.returns(related_name(*kind)));
        let question = Arc::new(self.question(visit, kinds.clone(), &request, shows_related)?);
        let size = request.page_size(DEFAULT_PAGE, MAX_PAGE);
        let (answer, start, next_cursor) = match &request.paging {
            Paging::Unsaid | Paging::Index(_) => {
                let window = Window { start: first(&request.paging), size };
                let answer = self.parts.store.read(move |conn| question.answer(conn, window)).await?;
                (answer, Some(window.start), None)
            }
            Paging::FirstCursor => {
                let (answer, next) = self.stage(question, None, size).await?;
                (answer, None, next)
            }
            Paging::Cursor(text) => {
                let cursor = Cursor::open(text, &self.parts.keyring, &question)?;
                if cursor.is_older(CURSOR_TIMEOUT, self.parts.clock.now()) {
                    let detail = format!("the cursor is older than {CURSOR_TIMEOUT} seconds: begin anew");
                    return Err(Reason::ExpiredCursor.because(detail).into());
                }
                let (answer, next) = self.stage(question, Some(cursor), size).await?;
                (answer, None, next)
            }
        };
        let mut resources = Vec::with_capacity(answer.page.len());
        for (found, related) in answer.page {
            let projection = kinds.iter().zip(&projections).find(|(kind, _)| **kind == found.kind);
            let Some((_, projection)) = projection else { continue };
            resources.push(Value::Object(projection.apply(found.shown(visit, &related))));
        }
        let page = ListPage { total: answer.total, start, resources, next_cursor, previous_cursor: None };
        Ok(page.into_value())
    }

    /// The page behind a cursor, and the cursor of the next one.
    async fn stage(
        &self,
        question: Arc<Question>,
        cursor: Option<Cursor>,
        size: u64,
    ) -> Result<(Answer, Option<String>), InboundError> {
        let (unit, size) = (Arc::clone(&question), usize::try_from(size).unwrap_or(usize::MAX));
        let stage = move |conn: &mut Conn| {
            let (place, total) = cursor.as_ref().map(|it| (&it.place, it.total)).unzip();
            unit.stage(conn, place, size, total.flatten())
        };
        let stage = self.parts.store.read(stage).await?;
        let total = stage.answer.total;
        let next = stage.next.map(|place| Cursor { at: self.parts.clock.now(), place, total });
        let next = next.map(|next| next.seal(&self.parts.keyring, &question)).transpose()?;
        Ok((stage.answer, next))
    }

    /// The request, judged by the schemas before the store is asked.
    fn question(
        &self,
        visit: &Visit,
        kinds: Vec<ResourceKind>,
        request: &SearchRequest,
        shows_related: bool,
    ) -> Result<Question, InboundError> {
        let filter = match &request.filter {
            Some(text) => {
                sound::without_nul(text)?;
                Some(scimitar_scim::filter::Filter::parse(text, &visit.dialect.rules())?)
            }
            None => None,
        };
        if let Some(by) = &request.sort_by {
            let read = |kind: &ResourceKind| Sort::read(self.schemas.of(*kind), by, request.sort_order);
            if let Some(Err(refusal)) = kinds.iter().map(read).reduce(Result::or) {
                return Err(refusal.into());
            }
        }
        let question = Question {
            visit: visit.clone(),
            kinds,
            filter,
            sort: request.sort_by.clone().map(|by| (by, request.sort_order)),
            shows_related,
            schemas: self.schemas.clone(),
        };
        question.conditions()?;
        Ok(question)
    }
}

/// The number of the first resource of a page (RFC 7644 §3.4.2.4).
fn first(paging: &Paging) -> u64 {
    match paging {
        Paging::Index(start) => *start,
        Paging::Unsaid | Paging::FirstCursor | Paging::Cursor(_) => 1,
    }
}
