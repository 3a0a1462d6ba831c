//! GET of a collection: filter, order, page (RFC 7644 §3.4.2).

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::{Answer, Refusal};
use super::behaviour::{Behaviour, FilterSupport, Order};
use super::call::Call;
use super::dice::Dice;
use super::directory::Directory;
use super::filter::Filter;
use super::kind::Kind;
use super::shelf::{Row, Shelf};
use super::view::{Projection, View};

const DEFAULT_COUNT: usize = 100;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListResponse<'a> {
    schemas: [&'static str; 1],
    total_results: usize,
    items_per_page: usize,
    start_index: usize,
    #[serde(rename = "Resources")]
    resources: Vec<View<'a>>,
}

pub(super) fn list(
    directory: &Directory,
    behaviour: &Behaviour,
    dice: &mut Dice,
    kind: Kind,
    call: &Call,
    base: &str,
) -> Result<Answer, Refusal> {
    let shelf = directory.shelf(kind);
    let asked = number(call, "startIndex")?;
    let mut count = number(call, "count")?.unwrap_or(DEFAULT_COUNT);
    if let Some(cap) = behaviour.page_cap {
        count = count.min(cap);
    }
    let n_skipped = behaviour.start_index.skipped(asked, count);
    let filter = match (call.parameter("filter"), behaviour.filter) {
        (None, _) | (Some(_), FilterSupport::Ignored) => None,
        (Some(_), FilterSupport::Refused) => {
            return Err(Refusal::typed(400, "invalidFilter", "filters are not supported"));
        }
        (Some(_), FilterSupport::Blind) => Some(Filter { any: Vec::new() }),
        (Some(text), FilterSupport::Supported) => Some(Filter::parse(text)?),
        (Some(text), FilterSupport::Unquoted) => Some(Filter::parse_unquoted(text)?),
    };
    let mut found = Vec::new();
    let total_results = match &filter {
        None if behaviour.order == Order::Stable => {
            found.extend(shelf.rows().skip(n_skipped).take(count).map(|(_, row)| row));
            shelf.len()
        }
        None => {
            let all = shelf.rows().map(|(_, row)| row).collect();
            page(all, behaviour, dice, n_skipped, count, &mut found)
        }
        Some(filter) => {
            let seen_before = directory.now() - lag(behaviour);
            let mut hits = search(shelf, filter);
            hits.retain(|row| behaviour.filter_lag_ms == 0 || row.created <= seen_before);
            page(hits, behaviour, dice, n_skipped, count.min(behaviour.capabilities.filter_max), &mut found)
        }
    };
    let projection = Projection::of(call, behaviour.hide_members);
    let view =
        |row| View { kind, row, ids: behaviour.ids, base, projection: &projection, etag: behaviour.etag };
    Ok(Answer::scim(
        200,
        &ListResponse {
            schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            total_results,
            items_per_page: found.len(),
            start_index: n_skipped + 1,
            resources: found.into_iter().map(view).collect(),
        },
    ))
}

fn page<'a>(
    mut all: Vec<&'a Row>,
    behaviour: &Behaviour,
    dice: &mut Dice,
    n_skipped: usize,
    count: usize,
    found: &mut Vec<&'a Row>,
) -> usize {
    if behaviour.order == Order::Shuffled {
        dice.shuffle(&mut all);
    }
    let n_all = all.len();
    found.extend(all.into_iter().skip(n_skipped).take(count));
    n_all
}

/// By index where all alternatives compare one indexed attribute, else by looking at each resource.
fn search<'a>(shelf: &'a Shelf, filter: &Filter) -> Vec<&'a Row> {
    if let Some(ids) = filter.values_of("id") {
        let places: BTreeSet<u64> = ids.iter().filter_map(|id| shelf.place(id.as_str()?)).collect();
        return places.iter().filter_map(|at| shelf.at(*at)).collect();
    }
    let attribute =
        filter.any.first().and_then(|all| all.first()).map(|comparison| comparison.attribute.as_str());
    if let Some(attribute) = attribute
        && let Some(index) = shelf.index(attribute)
        && let Some(values) = filter.values_of(attribute)
    {
        let places: BTreeSet<u64> =
            values.iter().filter_map(|value| index.find(value.as_str()?)).flatten().copied().collect();
        return places.iter().filter_map(|at| shelf.at(*at)).collect();
    }
    shelf.rows().map(|(_, row)| row).filter(|row| matches(filter, row)).collect()
}

fn matches(filter: &Filter, row: &Row) -> bool {
    let asks_beyond_body = filter.any.iter().flatten().any(|comparison| {
        comparison.attribute.eq_ignore_ascii_case("id")
            || comparison.attribute.eq_ignore_ascii_case("members.value")
    });
    if !asks_beyond_body {
        return filter.matches(&row.body);
    }
    let members = row
        .members
        .iter()
        .map(|id| Value::Object(Map::from_iter([("value".to_owned(), id.as_str().into())])));
    let mut body = row.body.clone();
    body.insert("id".to_owned(), row.id.as_str().into());
    body.insert("members".to_owned(), members.collect());
    filter.matches(&body)
}

/// Negative numbers count as zero (§3.4.2.4).
fn number(call: &Call, name: &str) -> Result<Option<usize>, Refusal> {
    let Some(text) = call.parameter(name) else { return Ok(None) };
    let number: i64 = text
        .parse()
        .map_err(|_not_a_number| Refusal::typed(400, "invalidValue", format!("`{name}` must be a number")))?;
    Ok(Some(usize::try_from(number).unwrap_or(0)))
}

fn lag(behaviour: &Behaviour) -> TimeDelta {
    TimeDelta::milliseconds(i64::try_from(behaviour.filter_lag_ms).unwrap_or(i64::MAX / 2_000_000))
}
