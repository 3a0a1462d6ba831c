//! Projections.

use scimitar_scim::projection::Projection;
use scimitar_scim::{Dialect, Reason, urn};
use serde_json::{Value, json};

use crate::fixture;

fn shown(attributes: &[&str], excluded: &[&str]) -> Value {
    let users = fixture::users();
    let mut person = fixture::map(fixture::ada());
    person.insert("password".to_owned(), json!("secret"));
    let projection = Projection::read(&users, attributes, excluded, &Dialect::STRICT).expect("a projection");
    Value::Object(projection.apply(person))
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn r082_what_is_named_is_returned_with_what_is_always() {
    assert_eq!(names(&shown(&["USERNAME "], &[])), ["schemas", "id", "userName"]);
    assert_eq!(shown(&["name.givenName"], &[])["name"], json!({"givenName": "Ada"}));
    assert_eq!(names(&shown(&[urn::ENTERPRISE_USER], &[])), ["schemas", "id", urn::ENTERPRISE_USER]);
}

#[test]
fn r083_what_is_excluded_is_missing_unless_it_is_always_returned() {
    let left = shown(&[], &["emails", "id", "name.givenName"]);
    assert!(left.get("emails").is_none() && left.get("id").is_some());
    assert_eq!(left["name"].get("givenName"), None);
}

#[test]
fn r084_the_two_lists_exclude_each_other() {
    let users = fixture::users();
    let error = Projection::read(&users, &["id"], &["name"], &Dialect::STRICT).expect_err("both");
    assert_eq!(error.reason, Reason::InvalidValue);
    assert!(Projection::read(&users, &["id"], &["name"], &Dialect::GENERIC).is_ok());
}

#[test]
fn r085_what_is_never_returned_is_not_even_when_it_is_named() {
    for left in [shown(&[], &[]), shown(&["password"], &[]), shown(&[], &["userName"])] {
        assert_eq!(left.get("password"), None);
    }
}

#[test]
fn r086_unknown_names_mean_nothing() {
    assert_eq!(names(&shown(&["frobnicate", "a.b.c"], &[])), ["schemas", "id"]);
}

#[test]
fn r087_a_projection_is_the_same_wherever_it_is_applied() {
    let users = fixture::users();
    let projection =
        Projection::read(&users, &["emails.value"], &[], &Dialect::STRICT).expect("a projection");
    let once = projection.apply(fixture::map(fixture::ada()));
    assert_eq!(projection.apply(once.clone()), once);
}

#[test]
fn r088_excluded_members_need_not_be_loaded() {
    let groups = fixture::groups();
    let projection = Projection::read(&groups, &[], &["members"], &Dialect::STRICT).expect("a projection");
    assert!(!projection.returns("members"));
}

#[test]
fn r089_a_filter_in_a_name_is_no_error() {
    assert!(shown(&[r#"emails[type eq "work"]"#], &[]).get("emails").is_some());
}
