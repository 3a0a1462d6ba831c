//! Resources, searched (RFC 7644 §3.4.2, §3.4.3).
//!
//! A filter is never applied in part. Where one of its terms names a resource by what an index knows, only that
//! resource is looked at; otherwise all are, one page after the other. Either way the whole filter is asked of
//! each, so that the index decides about the cost and never about the answer.

mod candidates;
mod mentions;
mod question;

use scimitar_scim::message::{ListPage, Paging, SearchRequest};
use scimitar_scim::projection::Projection;
use scimitar_scim::sort::Sort;
use scimitar_scim::{Reason, ResourceKind};
use serde_json::Value;

use self::question::{Question, Window};
use crate::access::Visit;
use crate::discovery::{DEFAULT_PAGE, MAX_PAGE};
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
        let window = window(&request)?;
        let question = self.question(visit, kinds.clone(), &request, window, shows_related)?;
        let answer = self.parts.store.read(move |conn| question.answer(conn)).await?;
        let mut resources = Vec::with_capacity(answer.page.len());
        for (found, related) in answer.page {
            let projection = kinds.iter().zip(&projections).find(|(kind, _)| **kind == found.kind);
            let Some((_, projection)) = projection else { continue };
            resources.push(Value::Object(projection.apply(found.shown(visit, &related))));
        }
        let page = ListPage {
            total: Some(answer.total),
            start: Some(window.start),
            resources,
            next_cursor: None,
            previous_cursor: None,
        };
        Ok(page.into_value())
    }

    /// The request, judged by the schemas before the store is asked.
    fn question(
        &self,
        visit: &Visit,
        kinds: Vec<ResourceKind>,
        request: &SearchRequest,
        window: Window,
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
            window,
            shows_related,
            schemas: self.schemas.clone(),
        };
        question.conditions()?;
        Ok(question)
    }
}

/// Which part of the list is asked for (RFC 7644 §3.4.2.4).
fn window(request: &SearchRequest) -> Result<Window, InboundError> {
    let size = request.page_size(DEFAULT_PAGE, MAX_PAGE);
    let start = match &request.paging {
        Paging::Unsaid => 1,
        Paging::Index(start) => *start,
        Paging::FirstCursor | Paging::Cursor(_) => {
            return Err(Reason::InvalidCursor.because("lists are paged by `startIndex` here").into());
        }
    };
    Ok(Window { start, size })
}
