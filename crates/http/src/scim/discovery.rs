//! What the service says of itself (RFC 7644 §4).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::Value;

use scimitar_inbound::{Inbound, Visit};

use super::address::Place;
use super::answer;
use super::body::LARGEST;
use super::error::ScimError;

/// A document of discovery. Nothing is filtered here (RFC 7644 §4), and nothing else of a query means anything.
pub(super) fn document(
    inbound: &Inbound,
    visit: &Visit,
    place: &Place,
    query: &str,
) -> Result<HttpResponse, ScimError> {
    if query
        .split('&')
        .any(|pair| pair.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case("filter")))
    {
        return Err(ScimError::Unfiltered);
    }
    let found: Option<Value> = match place {
        Place::ServiceProviderConfig => Some(inbound.service_provider(visit, LARGEST)),
        Place::ResourceTypes => Some(inbound.resource_types(visit)),
        Place::ResourceType(name) => inbound.resource_type(visit, name),
        Place::Schemas => Some(inbound.schema_list(visit)),
        Place::Schema(urn) => inbound.schema(visit, urn),
        Place::Root
        | Place::List(_)
        | Place::One(..)
        | Place::Search(_)
        | Place::Bulk
        | Place::Me
        | Place::Nothing => None,
    };
    let found = found.ok_or(ScimError::NotFound)?;
    Ok(answer::document(StatusCode::OK, &found))
}
