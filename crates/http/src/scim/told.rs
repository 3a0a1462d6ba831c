//! What of a request and its answer is told to the source's log. No value that somebody asks by is in it.

use actix_web::http::header::USER_AGENT;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};

use scimitar_domain::Timestamp;
use scimitar_inbound::{Asked, without_values};

use super::address::{PREFIX, Place};
use super::error::ScimError;

/// Parameters whose values say nothing about anybody.
const PLAIN: [&str; 6] = ["startindex", "count", "sortby", "sortorder", "attributes", "excludedattributes"];

/// A request that nobody was admitted with.
pub(super) fn refusal<'a>(
    req: &'a HttpRequest,
    place: &Place,
    at: Timestamp,
    error: &ScimError,
) -> Asked<'a> {
    asked(req, place, at, error.status_code().as_u16(), Some(error.to_string()))
}

/// A request of an admitted client.
pub(super) fn answer<'a>(
    req: &'a HttpRequest,
    place: &Place,
    at: Timestamp,
    answer: &Result<HttpResponse, ScimError>,
) -> Asked<'a> {
    match answer {
        Ok(response) => asked(req, place, at, response.status().as_u16(), None),
        Err(error) => refusal(req, place, at, error),
    }
}

fn asked<'a>(
    req: &'a HttpRequest,
    place: &Place,
    at: Timestamp,
    status: u16,
    error: Option<String>,
) -> Asked<'a> {
    let object = match place {
        Place::One(_, id) => Some(id.clone()),
        Place::Root
        | Place::List(_)
        | Place::Search(_)
        | Place::Bulk
        | Place::Me
        | Place::ServiceProviderConfig
        | Place::ResourceTypes
        | Place::ResourceType(_)
        | Place::Schemas
        | Place::Schema(_)
        | Place::Nothing => None,
    };
    let client = req.headers().get(USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let path = address(req.uri().path(), req.query_string());
    Asked { at, method: req.method().as_str(), path, client, object, status, error }
}

/// The address below the source's.
fn address(path: &str, query: &str) -> String {
    let below = path.strip_prefix(PREFIX).unwrap_or(path);
    let parts: Vec<&str> = below.split('/').filter(|part| !part.is_empty()).skip(2).collect();
    let path = if parts.is_empty() { String::new() } else { format!("/{}", parts.join("/")) };
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query);
    let pairs = pairs.map(web::Query::into_inner).unwrap_or_default();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| pair(name, value)).collect();
    if pairs.is_empty() { path } else { format!("{path}?{}", pairs.join("&")) }
}

fn pair(name: &str, value: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let is_told = lower == "filter" || PLAIN.contains(&&*lower);
    let value = if is_told { without_values(value) } else { "…".to_owned() };
    format!("{}={value}", without_values(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, query: &str, expected: &str) {
        assert_eq!(address(path, query), expected);
    }

    #[test]
    fn an_address_is_told_without_the_values_in_it() {
        check("/source/scim/entra/v2/Users/7", "", "/Users/7");
        check("/source/scim/entra/v2//Users/", "count=2&startIndex=1", "/Users?count=2&startIndex=1");
        let query = "filter=userName%20eq%20%22ada%22&token=canary";
        check("/source/scim/entra/v2/Users", query, "/Users?filter=userName eq \"…\"&token=…");
        check("/source/scim/entra/v2", "", "");
    }
}
