//! Finding what a lost create may have made, or what stands in the way of a create.

use serde_json::Value;

use scimitar_domain::{FailureClass, ObjectKind};
use scimitar_scim::{Capabilities, attribute};

use crate::context::Context;
use crate::desired::resource_kind;
use crate::failure::Trouble;

/// What the search has found.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    Nothing,
    One { remote_id: String, resource: Value },
}

/// Look the object up by `externalId`, then by its natural key, then by a bounded walk through everything.
///
/// Several matches are nobody's to choose from: they end in [`FailureClass::Ambiguous`] with the ids.
pub(crate) async fn find(
    context: &Context,
    kind: ObjectKind,
    external_id: &str,
    natural_key: &str,
    scan_pages: usize,
) -> Result<Found, Trouble> {
    let resource = resource_kind(kind);
    let capabilities = context.capabilities().await?;
    let mut sure = false;
    if capabilities.filters() != Some(false) {
        sure = capabilities.filters() == Some(true);
        for (name, value) in [("externalId", external_id), (resource.natural_key(), natural_key)] {
            if value.is_empty() {
                continue;
            }
            match context.call(|client| async move { client.find(resource, name, value).await }).await {
                Ok(hits) if hits.is_empty() => {}
                Ok(hits) => return one_of(kind, hits),
                Err(trouble) if is_about_the_filter(&trouble) => sure = false,
                Err(trouble) => return Err(trouble),
            }
        }
    }
    if sure {
        return Ok(Found::Nothing);
    }
    walk(context, kind, external_id, natural_key, scan_pages, &capabilities).await
}

/// For remotes that do not filter, or may only pretend to.
async fn walk(
    context: &Context,
    kind: ObjectKind,
    external_id: &str,
    natural_key: &str,
    scan_pages: usize,
    capabilities: &Capabilities,
) -> Result<Found, Trouble> {
    let resource = resource_kind(kind);
    let has = |candidate: &Value, name: &str, value: &str| {
        !value.is_empty()
            && attribute::text(candidate, name).is_some_and(|found| found.eq_ignore_ascii_case(value))
    };
    let is_wanted = |candidate: &Value| {
        has(candidate, "externalId", external_id) || has(candidate, resource.natural_key(), natural_key)
    };
    let scan =
        context.call(|client| async move { client.scan(resource, scan_pages, is_wanted).await }).await?;
    let (same_id, same_name): (Vec<_>, Vec<_>) =
        scan.hits.into_iter().partition(|hit| has(hit, "externalId", external_id));
    let hits = if same_id.is_empty() { same_name } else { same_id };
    if !hits.is_empty() {
        return one_of(kind, hits);
    }
    // A filter that answered "nothing" twice, on a remote that does not say whether it filters, is believed
    // once the walk agrees or cannot be finished.
    if scan.complete || capabilities.filters().is_none() {
        return Ok(Found::Nothing);
    }
    Err(Trouble::object(
        FailureClass::Ambiguous,
        "the remote does not filter and holds more than can be searched; link the object by hand or remove the doubt at the remote",
    ))
}

fn one_of(kind: ObjectKind, mut hits: Vec<Value>) -> Result<Found, Trouble> {
    let ids: Vec<String> = hits.iter().filter_map(|hit| attribute::text(hit, "id")).collect();
    match (ids.as_slice(), hits.pop()) {
        ([remote_id], Some(resource)) => Ok(Found::One { remote_id: remote_id.clone(), resource }),
        _ => Err(Trouble::object(
            FailureClass::Ambiguous,
            format!(
                "several remote {} could be this one: {}",
                resource_kind(kind).endpoint(),
                ids.join(", ")
            ),
        )),
    }
}

/// The remote understood the call and refuses to filter by this attribute.
fn is_about_the_filter(trouble: &Trouble) -> bool {
    use scimitar_client::ClientError as E;
    match trouble {
        Trouble::Client(
            E::FilterRefused { .. } | E::Rejected { .. } | E::NotSupported { .. } | E::RouteMissing { .. },
        ) => true,
        Trouble::Client(_) | Trouble::Resting(_) | Trouble::Object { .. } => false,
    }
}
