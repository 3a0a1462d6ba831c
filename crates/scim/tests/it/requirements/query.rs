//! Queries and filters.

use scimitar_scim::Reason;
use scimitar_scim::filter::Unknown;
use scimitar_scim::message::{ListPage, Paging, SearchRequest};
use scimitar_scim::sort::{Sort, SortOrder};
use serde_json::json;

use super::{answer, found, refused};
use crate::fixture;

fn query(name: &str, value: &str) -> Result<SearchRequest, Reason> {
    SearchRequest::from_query([(name, value)]).map_err(|error| error.reason)
}

#[test]
fn r048_pages_begin_at_one_and_are_no_longer_than_allowed() {
    assert_eq!(query("startIndex", "0").expect("a query").paging, Paging::Index(1));
    assert_eq!(query("count", "-3").expect("a query").page_size(20, 100), 0);
    assert_eq!(query("count", "5000").expect("a query").page_size(20, 100), 100);
}

#[test]
fn r049_numbers_are_numbers() {
    assert_eq!(query("startIndex", "one"), Err(Reason::InvalidValue));
    assert_eq!(query("count", "1.5"), Err(Reason::InvalidValue));
}

#[test]
fn r051_lists_are_sorted_by_any_attribute() {
    let users = fixture::users();
    let people = fixture::people();
    for (order, expected) in [(SortOrder::Ascending, "ada"), (SortOrder::Descending, "grace")] {
        let sort = Sort::read(&users, "title", order).expect("a sort");
        let first =
            people.iter().min_by(|a, b| sort.compare(&sort.key(&a.1), &sort.key(&b.1))).expect("somebody");
        // Whoever has none comes last, or first.
        assert_eq!(first.0, expected);
    }
    assert!(Sort::read(&users, "frobnicate", SortOrder::Ascending).is_err());
}

#[test]
fn r054_an_attribute_of_another_kind_has_no_value() {
    assert_eq!(answer("displayName pr or members pr", Unknown::Absent), Ok("ada".to_owned()));
}

#[test]
fn r055_all_operators_are_known_in_any_case() {
    for operator in ["eq", "NE", "Co", "sw", "ew", "gt", "ge", "lt", "le"] {
        assert!(answer(&format!("userName {operator} \"x\""), Unknown::Refused).is_ok(), "{operator}");
    }
    assert_eq!(found("TITLE PR AND NOT (active EQ false) OR userName eq \"kim_%\""), "ada kim");
}

#[test]
fn r056_groups_before_not_before_and_before_or() {
    assert_eq!(found("userName eq \"kim_%\" or title pr and active eq false"), "kim");
    assert_eq!(found("(userName eq \"kim_%\" or title pr) and active eq true"), "ada");
    assert_eq!(found("not (title pr) and active eq false"), "grace");
    assert_eq!(refused("not title pr"), Reason::InvalidFilter);
}

#[test]
fn r057_a_urn_is_part_of_the_name() {
    assert_eq!(found("urn:ietf:params:scim:schemas:core:2.0:user:userName eq \"grace\""), "grace");
    assert_eq!(
        found("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq \"m-1\""),
        "ada"
    );
}

#[test]
fn r058_one_element_satisfies_the_whole_bracket() {
    assert_eq!(found("phoneNumbers[type eq \"work\" and value ew \"2\"]"), "");
    assert_eq!(found("phoneNumbers[type eq \"mobile\" and value ew \"2\"]"), "ada");
    assert_eq!(found("emails[type eq \"work\"].value eq \"ada@example.com\""), "ada");
}

#[test]
fn r059_values_are_json() {
    assert_eq!(found(r#"displayName sw "\u0041da \"""#), "ada");
    assert_eq!(refused("userName eq ada"), Reason::InvalidFilter);
}

#[test]
fn r060_each_type_is_compared_in_its_own_way() {
    assert_eq!(found("userName eq \"ADA@EXAMPLE.COM\""), "ada");
    assert_eq!(found("externalId eq \"a-1\""), "grace");
    assert_eq!(found("meta.created eq \"2024-06-01T00:00:00Z\""), "grace");
    assert_eq!(refused("active gt true"), Reason::InvalidFilter);
}

#[test]
fn r061_any_of_several_values_is_enough() {
    assert_eq!(found("emails.value eq \"ada@home.example\""), "ada");
    assert_eq!(found("emails eq \"ada@home.example\""), "ada");
}

#[test]
fn r062_pr_asks_for_something_that_is_not_empty() {
    assert_eq!(found("nickName pr"), "");
    assert_eq!(found("emails pr"), "ada grace");
    assert_eq!(found("name pr"), "ada grace");
}

#[test]
fn r063_absent_is_different_from_every_value_and_is_null() {
    assert_eq!(found("title ne \"x\""), "ada grace kim");
    assert_eq!(found("title eq null"), "grace kim");
    assert_eq!(found("not (title eq \"Analyst\")"), "grace kim");
}

#[test]
fn r064_no_clause_is_dropped() {
    assert_eq!(refused("userName eq \"ada\" and frobnicate eq \"x\""), Reason::InvalidFilter);
    assert_eq!(refused("frobnicate pr or userName pr"), Reason::InvalidFilter);
}

#[test]
fn r065_an_unknown_operator_is_refused() {
    assert_eq!(refused("userName like \"x\""), Reason::InvalidFilter);
}

#[test]
fn r066_everything_can_be_asked_for() {
    for path in [
        "id",
        "externalId",
        "userName",
        "displayName",
        "active",
        "name.formatted",
        "name.givenName",
        "emails",
        "phoneNumbers",
        "groups.value",
        "meta.created",
        "meta.lastModified",
        "meta.resourceType",
        "schemas",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    ] {
        assert!(answer(&format!("{path} pr"), Unknown::Refused).is_ok(), "{path}");
    }
    assert_eq!(found("schemas eq \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\""), "ada");
}

#[test]
fn r067_a_password_cannot_be_asked_for() {
    for filter in ["password pr", "password sw \"a\"", "userName pr and not (password eq \"x\")"] {
        assert_eq!(refused(filter), Reason::InvalidFilter);
    }
}

#[test]
fn r068_filters_are_bounded() {
    assert_eq!(refused(&"(".repeat(8000)), Reason::InvalidFilter);
    assert_eq!(refused(&vec!["title pr"; 201].join(" or ")), Reason::InvalidFilter);
    assert_eq!(refused(&format!("title eq \"{}\"", "x".repeat(9000))), Reason::InvalidFilter);
}

#[test]
fn r069_wildcards_are_letters() {
    assert_eq!(found("userName co \"%\""), "kim");
    assert_eq!(found("userName eq \"x\\\" or userName pr or \\\"\""), "");
}

#[test]
fn r071_an_empty_filter_is_refused() {
    assert_eq!(query("filter", " "), Err(Reason::InvalidFilter));
    assert_eq!(refused(""), Reason::InvalidFilter);
}

#[test]
fn r124_cursors_are_of_plain_letters_and_stand_on_all_but_the_last_page() {
    assert_eq!(query("cursor", "").expect("a query").paging, Paging::FirstCursor);
    assert_eq!(query("cursor", "a/b"), Err(Reason::InvalidCursor));
    let negative = SearchRequest::from_query([("cursor", ""), ("count", "-1")]);
    assert_eq!(negative.expect_err("negative").reason, Reason::InvalidCount);
    let last = ListPage { previous_cursor: Some("p".to_owned()), ..ListPage::default() }.into_value();
    assert_eq!((last.get("nextCursor"), &last["previousCursor"]), (None, &json!("p")));
    assert_eq!(last.get("totalResults"), None);
}

#[test]
fn r131_no_input_makes_the_parsers_fall_over() {
    for text in
        ["\u{0}", "\u{feff}a eq 1", "a[[[[", "\"", "\\", "urn:", "a eq \"\\ud800\"", "(((", "a.b.c.d pr"]
    {
        assert_eq!(refused(text), Reason::InvalidFilter, "{text:?}");
    }
}
