//! Search requests, list responses and what a service says of itself.

use proptest::prelude::*;
use scimitar_scim::message::{
    AuthenticationScheme, BulkLimits, ListPage, Pagination, Paging, SearchRequest, ServiceProvider,
};
use scimitar_scim::sort::SortOrder;
use scimitar_scim::{Capabilities, ListResponse, Reason, ScimError};
use serde_json::{Value, json};

use crate::fixture;

fn query(pairs: &[(&str, &str)]) -> Result<SearchRequest, ScimError> {
    SearchRequest::from_query(pairs.iter().copied())
}

#[test]
fn a_query_and_a_body_ask_the_same() {
    let by_query = query(&[
        ("filter", "userName eq \"ada\""),
        ("startIndex", "11"),
        ("count", "10"),
        ("attributes", "userName, name.givenName"),
        ("excludedAttributes", ""),
        ("sortBy", "userName"),
        ("sortOrder", "Descending"),
        ("aadOptscim062020", ""),
        ("", ""),
    ]);
    let by_body = SearchRequest::from_body(&json!({
        "schemas": [scimitar_scim::urn::SEARCH_REQUEST],
        "Filter": "userName eq \"ada\"",
        "startIndex": 11,
        "count": "10",
        "attributes": ["userName", "name.givenName"],
        "excludedAttributes": null,
        "sortBy": "userName",
        "sortOrder": "descending",
    }));
    let expected = SearchRequest {
        attributes: vec!["userName".to_owned(), "name.givenName".to_owned()],
        excluded_attributes: Vec::new(),
        filter: Some("userName eq \"ada\"".to_owned()),
        sort_by: Some("userName".to_owned()),
        sort_order: SortOrder::Descending,
        paging: Paging::Index(11),
        count: Some(10),
    };
    assert_eq!(by_query.as_ref(), Ok(&expected));
    assert_eq!(by_body, Ok(expected));
    assert_eq!(query(&[]), Ok(SearchRequest::default()));
}

/// RFC 7644 §3.4.2.4, RFC 9865 §2.
#[test]
fn pages_are_counted_as_the_rfcs_say() {
    let cursor = |text: &str| Paging::Cursor(text.to_owned());
    for (pairs, paging, count, size) in [
        (vec![("startIndex", "0")], Paging::Index(1), None, 20),
        (vec![("startIndex", "-5"), ("count", "-1")], Paging::Index(1), Some(0), 0),
        (vec![("startIndex", " 7 "), ("count", "0")], Paging::Index(7), Some(0), 0),
        (vec![("count", "1000")], Paging::Unsaid, Some(1000), 100),
        (vec![("count", "99999999999999999999999")], Paging::Unsaid, Some(i64::MAX as u64), 100),
        (vec![("startIndex", "99999999999999999999999")], Paging::Index(i64::MAX as u64), None, 20),
        (vec![("cursor", "")], Paging::FirstCursor, None, 20),
        (vec![("cursor", "a-b_c.~9"), ("count", "5")], cursor("a-b_c.~9"), Some(5), 5),
    ] {
        let request = query(&pairs).unwrap_or_else(|error| panic!("{pairs:?}: {error}"));
        assert_eq!((&request.paging, request.count), (&paging, count), "{pairs:?}");
        assert_eq!(request.page_size(20, 100), size, "{pairs:?}");
    }
}

#[test]
fn a_bad_question_is_refused_by_the_name_of_its_fault() {
    for (pairs, reason, detail) in [
        (vec![("startIndex", "one")], Reason::InvalidValue, "`startIndex` must be a whole number"),
        (vec![("startIndex", "")], Reason::InvalidValue, "`startIndex` must be a whole number"),
        (vec![("count", "1.5")], Reason::InvalidValue, "`count` must be a whole number"),
        (vec![("filter", "")], Reason::InvalidFilter, "the filter is empty"),
        (vec![("filter", "  ")], Reason::InvalidFilter, "the filter is empty"),
        (vec![("filter", "a pr"), ("FILTER", "b pr")], Reason::InvalidValue, "`filter` is there twice"),
        (vec![("sortOrder", "up")], Reason::InvalidValue, "`sortOrder` must be `ascending` or `descending`"),
        (vec![("cursor", "a b")], Reason::InvalidCursor, "the cursor is none of ours"),
        (vec![("cursor", "x/../y")], Reason::InvalidCursor, "the cursor is none of ours"),
        (vec![("cursor", ""), ("count", "-1")], Reason::InvalidCount, "`count` must not be negative"),
        (
            vec![("cursor", "x"), ("startIndex", "1")],
            Reason::InvalidValue,
            "give `startIndex` or `cursor`, not both",
        ),
    ] {
        let error = query(&pairs).expect_err("it is bad");
        assert_eq!((error.reason, &*error.detail), (reason, detail), "{pairs:?}");
    }
    for (body, reason, detail) in [
        (json!([]), Reason::InvalidSyntax, "the body must be a JSON object"),
        (json!({"filter": 1}), Reason::InvalidValue, "`filter` must be a text"),
        (json!({"count": [1]}), Reason::InvalidValue, "`count` must be a whole number"),
        (json!({"attributes": [1]}), Reason::InvalidValue, "`attributes` must be a list of names"),
        (json!({"attributes": {}}), Reason::InvalidValue, "`attributes` must be a list of names"),
        (json!({"count": 1, "Count": 2}), Reason::InvalidSyntax, "`count` is there twice"),
    ] {
        let error = SearchRequest::from_body(&body).expect_err("it is bad");
        assert_eq!((error.reason, &*error.detail), (reason, detail), "{body}");
    }
    let long = "x".repeat(5000);
    assert_eq!(query(&[("cursor", &long)]).expect_err("long").reason, Reason::InvalidCursor);
}

#[test]
fn a_page_says_what_it_knows() {
    let page = ListPage {
        total: Some(7),
        start: Some(3),
        resources: vec![json!({"id": "1"}), json!({"id": "2"})],
        ..ListPage::default()
    };
    assert_eq!(
        page.into_value().to_string(),
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":7,"startIndex":3,"itemsPerPage":2,"Resources":[{"id":"1"},{"id":"2"}]}"#
    );
    let page = ListPage {
        resources: vec![json!({})],
        next_cursor: Some("n".to_owned()),
        previous_cursor: Some("p".to_owned()),
        ..ListPage::default()
    };
    assert_eq!(
        page.into_value().to_string(),
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"itemsPerPage":1,"nextCursor":"n","previousCursor":"p","Resources":[{}]}"#
    );
    let none = ListPage::whole(Vec::new()).into_value();
    assert_eq!(none["Resources"], json!([]));
    let read = ListResponse::read(none).expect("a list");
    assert_eq!((read.total_results, read.resources.len()), (Some(0), 0));
}

#[test]
fn what_a_service_says_of_itself_is_read_back_and_fits_its_schema() {
    let service = ServiceProvider {
        documentation_uri: Some("https://scim.example/docs".to_owned()),
        patch: true,
        bulk: Some(BulkLimits { max_operations: 1000, max_payload_size: 10_485_760 }),
        filter_max_results: Some(200),
        change_password: false,
        sort: true,
        etag: true,
        pagination: Pagination {
            cursor: true,
            index: true,
            default_page_size: 20,
            max_page_size: 200,
            cursor_timeout: Some(3600),
        },
        schemes: vec![
            AuthenticationScheme {
                kind: "oauthbearertoken".to_owned(),
                name: "Bearer".to_owned(),
                description: "A token of the source".to_owned(),
                spec_uri: Some("https://www.rfc-editor.org/info/rfc6750".to_owned()),
            },
            AuthenticationScheme {
                kind: "oauth2".to_owned(),
                name: "OAuth".to_owned(),
                description: "Client credentials".to_owned(),
                spec_uri: None,
            },
        ],
    };
    let document = service.document("https://scim.example/v2");
    let read = Capabilities::read(&document);
    assert_eq!(
        (read.patch, read.sort, read.etag, read.change_password),
        (Some(true), Some(true), Some(true), Some(false))
    );
    assert_eq!(read.bulk.and_then(|bulk| bulk.max_operations), Some(1000));
    assert_eq!(document["authenticationSchemes"][0]["primary"], true);
    assert_eq!(document["authenticationSchemes"][1]["primary"], false);
    assert_eq!(document["pagination"]["defaultPaginationMethod"], "index");
    assert!(!document.to_string().contains("null"));

    // Every name in the document is in the schema that is served for it, and what the schema requires is there.
    let registry = fixture::registry();
    let schema = registry.schema(scimitar_scim::urn::SERVICE_PROVIDER_CONFIG).expect("the schema");
    for (name, value) in document.as_object().expect("an object") {
        if ["schemas", "meta"].contains(&&**name) {
            continue;
        }
        let attribute = schema.attribute(name).unwrap_or_else(|| panic!("{name}"));
        let first = value.get(0).unwrap_or(value);
        for part in first.as_object().into_iter().flat_map(|parts| parts.keys()) {
            assert!(attribute.sub(part).is_some(), "{name}.{part}");
        }
        for sub in attribute.sub_attributes.iter().filter(|sub| sub.required) {
            assert!(first.get(&*sub.name).is_some(), "{name}.{}", sub.name);
        }
    }

    let least = ServiceProvider { bulk: None, filter_max_results: None, documentation_uri: None, ..service };
    let read = Capabilities::read(&least.document(""));
    assert_eq!(read.bulk.map(|bulk| bulk.supported), Some(false));
    assert_eq!(read.filters(), Some(false));
}

#[test]
fn the_documents_of_discovery_are_resources_of_their_schemas() {
    let registry = fixture::registry();
    for document in registry.schema_documents("x").into_iter().chain(registry.resource_type_documents("x")) {
        let urn = document["schemas"][0].as_str().expect("a schema");
        let schema = registry.schema(urn).expect("a schema");
        for name in document.as_object().expect("an object").keys() {
            assert!(
                ["schemas", "meta"].contains(&&**name) || schema.attribute(name).is_some(),
                "{urn}: {name}"
            );
        }
    }
}

proptest! {
    #[test]
    fn any_query_is_answered(pairs in prop::collection::vec(
        ("(filter|count|startIndex|cursor|sortOrder|sortBy|attributes|x)", any::<String>()), 0..5,
    )) {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
        if let Ok(request) = query(&pairs) {
            prop_assert!(request.page_size(20, 100) <= 100);
            let body: Value = pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
            prop_assert_eq!(SearchRequest::from_body(&body), Ok(request));
        }
    }
}
