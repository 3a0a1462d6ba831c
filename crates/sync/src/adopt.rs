//! Finding what a lost create may have made, or what stands in the way of a create.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::Value;

use scimitar_domain::{
    Attempt, Candidate, Departure, FailureClass, LinkId, MatchedBy, ObjectKind, Taught, Timestamp,
};
use scimitar_scim::attribute;
use scimitar_store::{adoptions, links};

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

/// The same for a resource that was forgotten when its object left, and may have been made shortly before.
pub(crate) fn believe_forgotten(departed: Option<Departure>, now: Timestamp) -> Result<(), Trouble> {
    match departed.map(|departed| departed.at + SHOWN_AFTER) {
        Some(until) if now < until => Err(Trouble::TooEarly { until }),
        Some(_) | None => Ok(()),
    }
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

/// What to look for: by `externalId`, then by the natural key, then by e-mail. Empty ones are not asked for.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    pub(crate) parts: &'a EngineParts,
    pub(crate) context: &'a Context,
    pub(crate) kind: ObjectKind,
    /// The link, or the tombstone that has its id.
    pub(crate) link: LinkId,
    pub(crate) external_id: &'a str,
    pub(crate) natural_key: &'a str,
    /// Of a user. Not asked for after a create whose answer was lost: what that has made has its name.
    pub(crate) emails: &'a [String],
}

impl Search<'_> {
    /// Ask by filters, then walk through a bounded part of everything if they are not to be relied on.
    ///
    /// Several matches are nobody's to choose from: they end in [`FailureClass::Ambiguous`] with the ids.
    pub(crate) async fn find(self) -> Result<Found, Trouble> {
        if !self.context.offers(self.kind) {
            return Ok(Found::Nothing);
        }
        let resource = resource_kind(self.kind);
        let refused = self.context.lessons.refuses_filters(self.kind);
        let filters = if refused { Some(false) } else { self.context.capabilities().await?.filters() };
        let mut sure = false;
        let mut others = false;
        let mut has_search = filters != Some(false);
        let mut answered = false;
        let mut unread = None;
        if has_search {
            sure = filters == Some(true);
            for (by, name, value) in [
                (MatchedBy::ExternalId, "externalId", self.external_id),
                (MatchedBy::Name, resource.natural_key(), self.natural_key),
            ] {
                if value.is_empty() {
                    continue;
                }
                let hits =
                    self.context.call(|client| async move { client.find(resource, name, value).await });
                match hits.await {
                    Ok(hits) => {
                        answered = true;
                        match self.one_of(hits, by, value).await? {
                            Found::Nothing => {}
                            Found::Others => others = true,
                            one @ Found::One { .. } => return Ok(one),
                        }
                    }
                    Err(trouble) if has_no_search(&trouble) => {
                        let answer = trouble.explain();
                        self.parts.learn(self.context, self.kind, Taught::NoFilter, &answer).await;
                        (sure, has_search) = (false, false);
                        break;
                    }
                    Err(trouble) if is_about_the_filter(&trouble) => {
                        sure = false;
                        if by == MatchedBy::Name && is_plain(value) && is_unread(&trouble) {
                            unread = Some(trouble.explain());
                        }
                    }
                    Err(trouble) => return Err(trouble),
                }
            }
        }
        if let Some(answer) = unread.filter(|_| !answered) {
            // It reads filters in another way than the RFC's, if at all.
            self.parts.learn(self.context, self.kind, Taught::NoFilter, &answer).await;
            has_search = false;
        }
        if others {
            return Ok(Found::Others);
        }
        if has_search && let Some(found) = self.by_email().await? {
            return Ok(found);
        }
        if sure {
            return Ok(Found::Nothing);
        }
        self.walk(filters).await
    }

    /// A user of the same address who carries nobody else's id. Many services do not filter by addresses, which
    /// says nothing.
    async fn by_email(self) -> Result<Option<Found>, Trouble> {
        let Some(email) = self.emails.first() else { return Ok(None) };
        let resource = resource_kind(self.kind);
        let hits = self
            .context
            .call(|client| async move { client.find(resource, "emails.value", email).await })
            .await;
        let mut hits = match hits {
            Ok(hits) => hits,
            Err(trouble) if is_about_the_filter(&trouble) => return Ok(None),
            Err(trouble) => return Err(trouble),
        };
        hits.retain(|hit| {
            attribute::text(hit, "externalId").is_none_or(|id| id.is_empty() || id == self.external_id)
        });
        match self.one_of(hits, MatchedBy::Email, email).await? {
            Found::Nothing | Found::Others => Ok(None),
            one @ Found::One { .. } => Ok(Some(one)),
        }
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
        let (hits, by, value) = if same_id.is_empty() {
            (same_name, MatchedBy::Name, self.natural_key)
        } else {
            (same_id, MatchedBy::ExternalId, self.external_id)
        };
        let found = self.one_of(hits, by, value).await?;
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
    async fn one_of(self, hits: Vec<Value>, by: MatchedBy, value: &str) -> Result<Found, Trouble> {
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
        if hits.len() > 1 {
            let candidate = |remote_id: &String| Candidate {
                remote_id: remote_id.clone(),
                matched_by: by,
                value: value.to_owned(),
            };
            let several: Vec<Candidate> = hits.keys().map(candidate).collect();
            return Err(undecided(self.parts, kind, link, &several).await?);
        }
        Ok(match hits.pop_first() {
            Some((remote_id, resource)) => Found::One { remote_id, resource },
            None => Found::Others,
        })
    }
}

/// Several resources could be the one: that is for a person, who finds them where adoptions are listed.
pub(crate) async fn undecided(
    parts: &EngineParts,
    kind: ObjectKind,
    link: LinkId,
    several: &[Candidate],
) -> Result<Trouble, Trouble> {
    let detail = self::several(kind, several);
    let several = several.to_vec();
    parts.store.write(move |conn| adoptions::note_link(conn, link, &several)).await?;
    Ok(Trouble::object(FailureClass::Ambiguous, detail))
}

/// The sentence about several resources that could be the one.
pub(crate) fn several(kind: ObjectKind, several: &[Candidate]) -> String {
    let ids: Vec<&str> = several.iter().map(|candidate| candidate.remote_id.as_str()).collect();
    format!("several remote {} could be this one: {}", resource_kind(kind).endpoint(), ids.join(", "))
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

/// The remote could not read the filter.
fn is_unread(trouble: &Trouble) -> bool {
    use scimitar_client::ClientError as E;
    matches!(trouble, Trouble::Client(E::FilterRefused { status: 400, .. }))
}

/// A value that no reader of filters stumbles over, so that whoever refuses it refuses the filter.
fn is_plain(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'@'))
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
