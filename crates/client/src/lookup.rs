//! Finding resources whose id is not known.

use serde_json::Value;

use scimitar_scim::{ListResponse, ResourceKind, attribute, filter};

use crate::client::{Call, Client};
use crate::error::ClientError;
use crate::exchange::Method;
use crate::refusal::Subject;
use crate::walk::Walk;

/// What a scan has found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scan {
    pub hits: Vec<Value>,
    /// Whether the remote has shown all it has. Without it, what was not found may still exist.
    pub complete: bool,
}

impl Client {
    /// The resources whose `attribute` equals `value`.
    ///
    /// The remote's word is not taken for it: services ignore filters, match parts, or fold case, so every hit
    /// is compared again. `id` and `externalId` must be equal to the letter (RFC 7643 §3.1); of other
    /// attributes, hits that are equal to the letter win over hits that differ in case. `emails.value` is any of
    /// the addresses. A remote that shows by
    /// its answer that it did not filter, and has more than it showed, is [`ClientError::FilterRefused`]; then
    /// only a scan can tell.
    pub async fn find(
        &self,
        kind: ResourceKind,
        attribute: &str,
        value: &str,
    ) -> Result<Vec<Value>, ClientError> {
        let page = self.page(kind, &[("filter", &filter::eq(attribute, value))]).await?;
        let shown = page.resources.len();
        let hits: Vec<_> =
            page.resources.into_iter().filter(|resource| matches(resource, attribute, value)).collect();
        let has_more = page.total_results.is_none_or(|total| total > len(shown));
        if hits.len() < shown && has_more {
            return Err(ClientError::FilterRefused { status: 200, detail: "it was ignored".to_owned() });
        }
        Ok(closest(hits, attribute, value))
    }

    /// All resources that `is_wanted` picks, from at most `max_pages` pages.
    pub async fn scan<P>(
        &self,
        kind: ResourceKind,
        max_pages: usize,
        mut is_wanted: P,
    ) -> Result<Scan, ClientError>
    where
        P: FnMut(&Value) -> bool + Send,
    {
        let mut scan = Scan::default();
        let mut walk = Walk::new(kind);
        for _ in 0..max_pages {
            let Some(resources) = self.next_page(&mut walk).await? else { break };
            for resource in resources {
                if is_wanted(&resource) && !scan.hits.contains(&resource) {
                    scan.hits.push(resource);
                }
            }
        }
        scan.complete = walk.is_complete();
        Ok(scan)
    }

    /// Whether the remote has a kind of resource at all: asked for by the shortest list. What neither is a list nor says
    /// that there is no such route tells nothing, and is an error.
    pub async fn offers(&self, kind: ResourceKind) -> Result<bool, ClientError> {
        match self.page(kind, &[("startIndex", "1"), ("count", "1")]).await {
            Ok(_) => Ok(true),
            Err(
                ClientError::RouteMissing { .. }
                | ClientError::NotSupported { .. }
                | ClientError::FilterRefused { status: 501, .. },
            ) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn page(
        &self,
        kind: ResourceKind,
        query: &[(&str, &str)],
    ) -> Result<ListResponse, ClientError> {
        let route = kind.endpoint();
        let url = self.base().search(route, query)?;
        let reply =
            self.call(Call { method: Method::Get, url, subject: Subject::Search(route), body: None }).await?;
        reply
            .document
            .and_then(ListResponse::read)
            .ok_or_else(|| ClientError::Malformed { status: 200, found: "no list of resources".to_owned() })
    }
}

fn matches(resource: &Value, name: &str, value: &str) -> bool {
    if name == EMAILS {
        return emails(resource).iter().any(|email| email.to_lowercase() == value.to_lowercase());
    }
    attribute::text(resource, name).is_some_and(|found| {
        found == value || (!is_case_exact(name) && found.to_lowercase() == value.to_lowercase())
    })
}

/// Of hits that differ in case, those that are equal to the letter, if there are any.
fn closest(hits: Vec<Value>, name: &str, value: &str) -> Vec<Value> {
    let is_equal = |hit: &Value| attribute::text(hit, name).as_deref() == Some(value);
    if hits.iter().any(is_equal) { hits.into_iter().filter(is_equal).collect() } else { hits }
}

fn is_case_exact(name: &str) -> bool {
    name.eq_ignore_ascii_case("externalId") || name.eq_ignore_ascii_case("id")
}

/// The path of all e-mail addresses of a user.
const EMAILS: &str = "emails.value";

/// The e-mail addresses of a user, whatever form a service gives the list.
pub fn emails(resource: &Value) -> Vec<String> {
    let listed = attribute::get(resource, "emails").and_then(Value::as_array).map(Vec::as_slice);
    let value = |email: &Value| match email {
        Value::String(text) => Some(text.clone()),
        Value::Object(_) => attribute::text(email, "value"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    listed.unwrap_or_default().iter().filter_map(value).filter(|value| !value.is_empty()).collect()
}

pub(crate) fn len(resources: usize) -> u64 {
    u64::try_from(resources).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(resource: &Value, name: &str, value: &str, expected: bool) {
        assert_eq!(matches(resource, name, value), expected, "{name} eq {value} of {resource}");
    }

    #[test]
    fn a_hit_is_a_hit_only_when_it_is_equal() {
        let ada = json!({"userName": "Ada", "externalId": "X1", "id": 7, "displayName": "ÖPS"});
        check(&ada, "userName", "Ada", true);
        check(&ada, "userName", "ada", true);
        check(&ada, "username", "ADA", true);
        check(&ada, "userName", "Ada ", false);
        check(&ada, "userName", "Adam", false);
        check(&ada, "externalId", "X1", true);
        check(&ada, "externalId", "x1", false);
        check(&ada, "id", "7", true);
        check(&ada, "displayName", "öps", true);
        check(&ada, "nickName", "", false);
        let mails = json!({"emails": [{"value": "A@x"}, null, "b@x", {"type": "work"}]});
        check(&mails, "emails.value", "a@x", true);
        check(&mails, "emails.value", "B@x", true);
        check(&mails, "emails.value", "", false);
        check(&json!({"emails": null}), "emails.value", "a@x", false);
        check(&json!({"userName": null}), "userName", "null", false);
        check(&json!({"userName": ["ada"]}), "userName", "ada", false);
    }

    #[test]
    fn a_hit_to_the_letter_wins() {
        let (folded, exact) = (json!({"displayName": "Ops"}), json!({"displayName": "ops"}));
        let both = vec![folded.clone(), exact.clone()];
        assert_eq!(closest(both.clone(), "displayName", "ops"), [exact]);
        assert_eq!(closest(vec![folded.clone()], "displayName", "ops"), [folded]);
        assert_eq!(closest(both.clone(), "displayName", "OPS"), both);
    }
}
