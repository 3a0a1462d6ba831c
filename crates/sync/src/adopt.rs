//! Finding what a lost create may have made, or what stands in the way of a create.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::Value;

use scimitar_domain::{Attempt, FailureClass, LinkId, ObjectKind, Taught, Timestamp};
use scimitar_scim::attribute;
use scimitar_store::links;

use crate::context::Context;
use crate::desired::resource_kind;
use crate::engine::EngineParts;
use crate::failure::Trouble;

/// How long a remote that indexes in the background may take to show what it has made. Before that, a search
/// that finds nothing is not believed.
pub(crate) const SHOWN_AFTER: TimeDelta = TimeDelta::seconds(6);

/// Believe a search that finds nothing of a lost create, or try again later.
///
/// Measured from when the create was sent, not counted in searches: whatever is saved meanwhile makes us look
/// early, and looking early postpones nothing.
pub(crate) fn believe(attempt: Option<&Attempt>, now: Timestamp) -> Result<(), Trouble> {
    let until = attempt.map_or(now, |attempt| attempt.last_at) + SHOWN_AFTER;
    if attempt.is_some() && until <= now { Ok(()) } else { Err(Trouble::TooEarly { until }) }
}

/// What the search has found.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    Nothing,
    One {
        remote_id: String,
        resource: Value,
    },
    /// Only what stands for other objects, or waits for its deletion.
    Others,
}

/// What to look for: by `externalId`, then by the natural key. Empty ones are not asked for.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    pub(crate) parts: &'a EngineParts,
    pub(crate) context: &'a Context,
    pub(crate) kind: ObjectKind,
    /// The link, or the tombstone that has its id.
    pub(crate) link: LinkId,
    pub(crate) external_id: &'a str,
    pub(crate) natural_key: &'a str,
}

impl Search<'_> {
    /// Ask by filters, then walk through a bounded part of everything if they are not to be relied on.
    ///
    /// Several matches are nobody's to choose from: they end in [`FailureClass::Ambiguous`] with the ids.
    pub(crate) async fn find(self) -> Result<Found, Trouble> {
        let resource = resource_kind(self.kind);
        let refused = self.context.lessons.refuses_filters(self.kind);
        let filters = if refused { Some(false) } else { self.context.capabilities().await?.filters() };
        let mut sure = false;
        let mut others = false;
        if filters != Some(false) {
            sure = filters == Some(true);
            for (name, value) in
                [("externalId", self.external_id), (resource.natural_key(), self.natural_key)]
            {
                if value.is_empty() {
                    continue;
                }
                let hits =
                    self.context.call(|client| async move { client.find(resource, name, value).await });
                match hits.await {
                    Ok(hits) => match self.one_of(hits).await? {
                        Found::Nothing => {}
                        Found::Others => others = true,
                        one @ Found::One { .. } => return Ok(one),
                    },
                    Err(trouble) if has_no_search(&trouble) => {
                        let answer = trouble.explain();
                        self.parts.learn(self.context, self.kind, Taught::NoFilter, &answer).await;
                        sure = false;
                        break;
                    }
                    Err(trouble) if is_about_the_filter(&trouble) => sure = false,
                    Err(trouble) => return Err(trouble),
                }
            }
        }
        if others {
            return Ok(Found::Others);
        }
        if sure {
            return Ok(Found::Nothing);
        }
        self.walk(filters).await
    }

    /// For remotes that do not filter, or may only pretend to.
    async fn walk(self, filters: Option<bool>) -> Result<Found, Trouble> {
        let resource = resource_kind(self.kind);
        let has = |candidate: &Value, name: &str, value: &str| {
            !value.is_empty()
                && attribute::text(candidate, name).is_some_and(|found| found.eq_ignore_ascii_case(value))
        };
        let is_wanted = |candidate: &Value| {
            has(candidate, "externalId", self.external_id)
                || has(candidate, resource.natural_key(), self.natural_key)
        };
        let pages = self.parts.settings.scan_pages;
        let scan =
            self.context.call(|client| async move { client.scan(resource, pages, is_wanted).await }).await?;
        let (same_id, same_name): (Vec<_>, Vec<_>) =
            scan.hits.into_iter().partition(|hit| has(hit, "externalId", self.external_id));
        let hits = if same_id.is_empty() { same_name } else { same_id };
        let found = self.one_of(hits).await?;
        // A filter that answered "nothing" twice, on a remote that does not say whether it filters, is believed
        // once the walk agrees or cannot be finished.
        if found != Found::Nothing || scan.complete || filters.is_none() {
            return Ok(found);
        }
        Err(Trouble::object(
            FailureClass::Ambiguous,
            "the remote does not filter and holds more than can be searched; link the object by hand or remove the doubt at the remote",
        ))
    }

    /// What is left of the hits when those of others are taken away.
    async fn one_of(self, hits: Vec<Value>) -> Result<Found, Trouble> {
        if hits.is_empty() {
            return Ok(Found::Nothing);
        }
        let mut hits: BTreeMap<String, Value> =
            hits.into_iter().filter_map(|hit| Some((usable_id(&hit)?, hit))).collect();
        let (provider, kind, link) = (self.context.provider.pk, self.kind, self.link);
        let ids: Vec<String> = hits.keys().cloned().collect();
        let taken =
            self.parts.store.read(move |conn| links::spoken_for(conn, provider, kind, &ids, link)).await?;
        hits.retain(|id, _| !taken.contains(id));
        let ids: Vec<&str> = hits.keys().map(String::as_str).collect();
        if ids.len() > 1 {
            return Err(Trouble::object(
                FailureClass::Ambiguous,
                format!(
                    "several remote {} could be this one: {}",
                    resource_kind(kind).endpoint(),
                    ids.join(", ")
                ),
            ));
        }
        Ok(match hits.pop_first() {
            Some((remote_id, resource)) => Found::One { remote_id, resource },
            None => Found::Others,
        })
    }
}

/// A resource whose id nobody can call it by is none to take over.
fn usable_id(resource: &Value) -> Option<String> {
    attribute::text(resource, "id").filter(|id| scimitar_client::is_usable_id(id))
}

/// The remote has no search at all, whatever is searched for.
fn has_no_search(trouble: &Trouble) -> bool {
    use scimitar_client::ClientError as E;
    matches!(
        trouble,
        Trouble::Client(E::FilterRefused { status: 501, .. } | E::NotSupported { status: 405 | 501, .. })
    )
}

/// The remote understood the call and refuses to filter by this attribute.
fn is_about_the_filter(trouble: &Trouble) -> bool {
    use scimitar_client::ClientError as E;
    match trouble {
        Trouble::Client(
            E::FilterRefused { .. } | E::Rejected { .. } | E::NotSupported { .. } | E::RouteMissing { .. },
        ) => true,
        Trouble::Client(_) | Trouble::Resting(_) | Trouble::TooEarly { .. } | Trouble::Object { .. } => false,
    }
}
