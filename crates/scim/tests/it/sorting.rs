//! The order of lists.

use scimitar_scim::schema::ResourceType;
use scimitar_scim::sort::{Sort, SortKey, SortOrder};
use serde_json::{Value, json};

use crate::fixture;

/// The names of the people in order.
fn sorted(kind: &ResourceType, by: &str, order: SortOrder) -> String {
    let sort = Sort::read(kind, by, order).unwrap_or_else(|error| panic!("{error}"));
    let mut keyed: Vec<(SortKey, &str)> =
        fixture::people().iter().map(|(name, person)| (sort.key(person), *name)).collect();
    keyed.sort_by(|a, b| sort.compare(&a.0, &b.0));
    keyed.into_iter().map(|(_, name)| name).collect::<Vec<_>>().join(" ")
}

#[test]
fn people_are_sorted_by_any_attribute() {
    let users = fixture::users();
    for (by, ascending, descending) in [
        ("userName", "ada grace kim", "kim grace ada"),
        ("USERNAME", "ada grace kim", "kim grace ada"),
        ("externalId", "ada grace kim", "kim grace ada"),
        ("name.givenName", "ada grace kim", "kim grace ada"),
        ("name.familyName", "ada grace kim", "kim grace ada"),
        ("active", "grace ada kim", "kim ada grace"),
        ("emails", "ada grace kim", "kim grace ada"),
        ("emails.type", "grace ada kim", "kim ada grace"),
        ("meta.created", "ada grace kim", "kim grace ada"),
        ("title", "ada grace kim", "grace kim ada"),
        ("manager", "ada grace kim", "grace kim ada"),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
            "ada grace kim",
            "grace kim ada",
        ),
    ] {
        assert_eq!(sorted(&users, by, SortOrder::Ascending), ascending, "{by}");
        assert_eq!(sorted(&users, by, SortOrder::Descending), descending, "{by}, descending");
    }
}

#[test]
fn what_cannot_be_sorted_by_is_refused() {
    let users = fixture::users();
    for by in ["", "name", "addresses", "password", "frobnicate", "emails[type pr]", "userName.x", "1"] {
        let error = Sort::read(&users, by, SortOrder::Ascending).expect_err(by);
        assert_eq!(error.detail, format!("there is no sorting by `{by}`"));
    }
}

#[test]
fn several_values_are_sorted_by_the_primary_one() {
    let users = fixture::users();
    let sort = Sort::read(&users, "emails.value", SortOrder::Ascending).expect("a sort");
    let key = |emails: Value| sort.key(&fixture::map(json!({"emails": emails})));
    assert_eq!(key(json!([{"value": "B"}, {"value": "a", "primary": true}])), SortKey::Text("a".to_owned()));
    assert_eq!(key(json!([{"value": "B"}, {"value": "a"}])), SortKey::Text("b".to_owned()));
    assert_eq!(key(json!([])), SortKey::Absent);
    assert_eq!(key(json!([{"type": "work"}])), SortKey::Absent);
}
