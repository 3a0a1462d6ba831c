//! What a conforming service must do, by number: the rules of RFC 7643, RFC 7644 and RFC 9865 that can be kept without
//! a database and without HTTP. A test is called after the number of what it holds.

mod bulk;
mod patch;
mod projection;
mod query;
mod schema;

use std::collections::BTreeSet;

use scimitar_scim::filter::{Filter, Rules, Unknown};
use scimitar_scim::patch::{apply, read};
use scimitar_scim::resource::Attributes;
use scimitar_scim::{Dialect, Reason, ScimError, resource};
use serde_json::{Value, json};

use crate::fixture;

/// How many there are.
const N_REQUIREMENTS: u16 = 133;

/// What this crate cannot hold, and where it belongs.
const ELSEWHERE: &[(&[u16], &str)] = &[
    (&[1, 2, 3, 4, 5, 6, 7, 9], "HTTP: media types, authentication, addresses, methods"),
    (
        &[12, 13],
        "HTTP: the other status codes; details never repeat a value, which the tests of every refusal show",
    ),
    (
        &[21, 22, 23, 28, 29],
        "the service gives ids, keeps each source's externalId apart, and knows who is in a group",
    ),
    (&[32, 36, 37, 38, 39], "HTTP and the service: Location, defaults, what is deleted, a second POST"),
    (&[40, 41, 42, 43, 44, 45], "HTTP: reading one resource"),
    (&[46, 47, 50, 52, 53], "the service: what is listed, and in which order that lasts"),
    (&[70], "the database: indexes"),
    (&[72], "HTTP: how a query is decoded"),
    (&[73, 78, 80, 81], "the service: PUT never creates, DELETE and what it leaves"),
    (
        &[94, 104, 106],
        "HTTP and the service: answers to PATCH, strangers in a group, what is missing or stale",
    ),
    (&[115], "HTTP: /Me"),
    (&[116, 117], "HTTP: the addresses of discovery and what they ignore"),
    (&[123], "the service: extensions of one tenant; the registry takes them, as r120 shows"),
    (&[126, 127, 128], "security events and drafts: not spoken"),
    (&[129, 130, 132, 133], "the service: concurrency, speed, audit, reports"),
];

/// Every number has a test of its own here, or a reason why not; and not both.
#[test]
fn every_requirement_has_its_test_or_its_place() {
    let sources = [
        include_str!("requirements/bulk.rs"),
        include_str!("requirements/patch.rs"),
        include_str!("requirements/projection.rs"),
        include_str!("requirements/query.rs"),
        include_str!("requirements/schema.rs"),
    ];
    let numbers = sources.iter().flat_map(|source| source.split("fn r").skip(1));
    let numbers = numbers.filter_map(|rest| rest.get(..3)?.parse::<u16>().ok());
    let tested: BTreeSet<u16> = numbers.collect();
    let elsewhere: BTreeSet<u16> =
        ELSEWHERE.iter().flat_map(|(numbers, _)| numbers.iter().copied()).collect();
    let both: Vec<_> = tested.intersection(&elsewhere).collect();
    assert!(both.is_empty(), "tested here and said to be elsewhere: {both:?}");
    let missing: Vec<_> = (1..=N_REQUIREMENTS)
        .filter(|number| !tested.contains(number) && !elsewhere.contains(number))
        .collect();
    assert!(missing.is_empty(), "neither tested nor elsewhere: {missing:?}");
    assert!(tested.len() >= 75, "only {} are tested here", tested.len());
}

/// Whom a filter finds.
#[track_caller]
fn found(filter: &str) -> String {
    match answer(filter, Unknown::Refused) {
        Ok(names) => names,
        Err(error) => panic!("{filter}: {error}"),
    }
}

/// Why a filter is refused.
#[track_caller]
fn refused(filter: &str) -> Reason {
    answer(filter, Unknown::Refused).expect_err(filter).reason
}

fn answer(filter: &str, unknown: Unknown) -> Result<String, ScimError> {
    let users = fixture::users();
    let filter = Filter::parse(filter, &Rules::STRICT)?;
    let condition = filter.check(&users, unknown)?;
    let people = fixture::people();
    let hits: Vec<_> =
        people.iter().filter(|(_, person)| condition.matches(person)).map(|(name, _)| *name).collect();
    Ok(hits.join(" "))
}

/// A user that was read strictly, without what follows from it.
fn user(body: Value) -> Result<Value, ScimError> {
    user_in(body, &Dialect::GENERIC)
}

fn user_in(body: Value, dialect: &Dialect) -> Result<Value, ScimError> {
    let mut body = fixture::map(body);
    body.entry("userName").or_insert_with(|| json!("ada"));
    resource::read(&fixture::users(), Value::Object(body), dialect).map(Value::Object)
}

/// `before` after one operation, in the strict dialect, without `schemas` and `userName`.
fn patched(before: &Value, operation: Value) -> Result<Value, ScimError> {
    patched_in(before, Value::Array(vec![operation]), &Dialect::STRICT)
}

fn patched_in(before: &Value, operations: Value, dialect: &Dialect) -> Result<Value, ScimError> {
    let users = fixture::users();
    let before = strict(before);
    let schemas = json!([scimitar_scim::urn::PATCH_OP]);
    let members = [("schemas", schemas), ("Operations", operations)];
    let body: Value = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let operations = read(body, dialect, 100)?;
    let mut after = apply(&users, &before, operations, dialect)?.resource;
    after.shift_remove("schemas");
    after.shift_remove("userName");
    Ok(Value::Object(after))
}

fn strict(before: &Value) -> Attributes {
    let mut before = fixture::map(before.clone());
    before.insert("userName".to_owned(), json!("ada"));
    resource::complete(&fixture::users(), &mut before).expect("a whole resource");
    before
}

/// Why a patch is refused.
#[track_caller]
fn patch_refused(before: &Value, operation: Value) -> Reason {
    patched(before, operation).expect_err("refused").reason
}
