//! Patches.

use scimitar_scim::filter::Rules;
use scimitar_scim::patch::{apply, read};
use scimitar_scim::resource::Attributes;
use scimitar_scim::{Dialect, Path, Reason, urn};
use serde_json::{Value, json};

use super::{patch_refused, patched, patched_in, strict};
use crate::fixture;

fn operations(body: Value, dialect: &Dialect) -> Result<usize, Reason> {
    read(body, dialect, 2).map(|operations| operations.len()).map_err(|error| error.reason)
}

#[test]
fn r090_a_request_has_its_schema_and_some_operations() {
    let one = json!({"op": "add", "value": {}});
    assert_eq!(operations(json!({"schemas": [urn::PATCH_OP], "operations": [one]}), &Dialect::STRICT), Ok(1));
    assert_eq!(operations(json!({"Operations": [one]}), &Dialect::STRICT), Err(Reason::InvalidSyntax));
    assert_eq!(operations(json!({"Operations": [one]}), &Dialect::GENERIC), Ok(1));
    assert_eq!(operations(json!({"Operations": []}), &Dialect::GENERIC), Err(Reason::InvalidSyntax));
}

#[test]
fn r091_operations_are_known_in_any_case() {
    for op in ["add", "Add", "ADD"] {
        assert_eq!(
            patched(&json!({}), json!({"op": op, "path": "title", "value": "T"})),
            Ok(json!({"title": "T"}))
        );
    }
}

#[test]
fn r092_all_or_nothing() {
    let users = fixture::users();
    let before = strict(&json!({"title": "A"}));
    let body = json!({"Operations": [
        {"op": "add", "path": "title", "value": "B"}, {"op": "add", "path": "frobnicate", "value": "x"},
    ]});
    let operations = read(body, &Dialect::GENERIC, 10).expect("operations");
    assert!(apply(&users, &before, operations, &Dialect::GENERIC).is_err());
    assert_eq!(before["title"], "A");
}

#[test]
fn r093_each_operation_sees_the_one_before_and_the_end_is_judged() {
    let steps = json!([
        {"op": "add", "path": "emails", "value": [{"value": "a"}]},
        {"op": "add", "path": "emails[value eq \"a\"].type", "value": "work"},
    ]);
    let expected = json!({"emails": [{"value": "a", "type": "work"}]});
    assert_eq!(patched_in(&json!({}), steps, &Dialect::STRICT), Ok(expected));
}

#[test]
fn r095_nothing_is_changed_by_what_changes_nothing() {
    let before = strict(&json!({"title": "A"}));
    let body = json!({"Operations": [{"op": "replace", "path": "title", "value": "A"}]});
    let operations = read(body, &Dialect::GENERIC, 10).expect("operations");
    let patched = apply(&fixture::users(), &before, operations, &Dialect::GENERIC).expect("a resource");
    assert!(!patched.changed);
}

#[test]
fn r096_add_sets_merges_and_appends() {
    let before =
        json!({"title": "A", "name": {"familyName": "L"}, "emails": [{"value": "a", "type": "work"}]});
    let value = json!({"title": "B", "name": {"givenName": "G"}, "emails": [{"value": "b"}, {"value": "a"}]});
    let after = patched(&before, json!({"op": "add", "value": value})).expect("a resource");
    assert_eq!(after["title"], "B");
    assert_eq!(after["name"], json!({"familyName": "L", "givenName": "G"}));
    assert_eq!(after["emails"], json!([{"value": "a", "type": "work"}, {"value": "b"}]));
    let made =
        patched(&json!({}), json!({"op": "add", "path": "emails[type eq \"work\"].value", "value": "a"}));
    assert_eq!(made, Ok(json!({"emails": [{"type": "work", "value": "a"}]})));
    let none = json!({"op": "add", "path": "emails[type co \"work\"].value", "value": "a"});
    assert_eq!(patch_refused(&json!({}), none), Reason::NoTarget);
}

#[test]
fn r097_remove_takes_away_what_the_path_selects() {
    let before = json!({"title": "A", "emails": [{"value": "a", "type": "work"}, {"value": "b"}]});
    assert_eq!(patch_refused(&before, json!({"op": "remove"})), Reason::NoTarget);
    let after =
        patched(&before, json!({"op": "remove", "path": "emails[value eq \"a\"]"})).expect("a resource");
    assert_eq!(after["emails"], json!([{"value": "b"}]));
    assert_eq!(patched(&before, json!({"op": "remove", "path": "emails"})), Ok(json!({"title": "A"})));
    assert_eq!(
        patched(&before, json!({"op": "remove", "path": "emails[value eq \"z\"]"})),
        Ok(before.clone())
    );
    assert_eq!(patch_refused(&before, json!({"op": "remove", "path": "userName"})), Reason::Mutability);
    let listed = json!([{"op": "Remove", "path": "emails", "value": [{"value": "b"}]}]);
    let after = patched_in(&before, listed, &Dialect::ENTRA).expect("a resource");
    assert_eq!(after["emails"], json!([{"value": "a", "type": "work"}]));
}

#[test]
fn r098_replace_replaces_what_the_path_selects() {
    let before =
        json!({"name": {"familyName": "L", "givenName": "A"}, "emails": [{"value": "a", "type": "work"}]});
    let name = patched(&before, json!({"op": "replace", "path": "name", "value": {"givenName": "G"}}));
    assert_eq!(name.expect("a resource")["name"], json!({"familyName": "L", "givenName": "G"}));
    let emails = patched(&before, json!({"op": "replace", "path": "emails", "value": [{"value": "z"}]}));
    assert_eq!(emails.expect("a resource")["emails"], json!([{"value": "z"}]));
    let home = json!({"op": "replace", "path": "emails[type eq \"home\"].value", "value": "h"});
    assert_eq!(patch_refused(&before, home.clone()), Reason::NoTarget);
    let made = patched_in(&before, json!([home]), &Dialect::ENTRA).expect("Entra's way");
    assert_eq!(made["emails"][1], json!({"type": "home", "value": "h"}));
}

#[test]
fn r099_a_new_primary_turns_the_others_off() {
    let before = json!({"emails": [{"value": "a", "primary": true}, {"value": "b"}]});
    let after =
        patched(&before, json!({"op": "add", "path": "emails[value eq \"b\"].primary", "value": true}));
    assert_eq!(
        after,
        Ok(json!({"emails": [{"value": "a", "primary": false}, {"value": "b", "primary": true}]}))
    );
}

#[test]
fn r100_read_only_is_refused_and_an_echo_of_it_is_not() {
    let before = json!({"id": "1"});
    assert_eq!(
        patch_refused(&before, json!({"op": "replace", "path": "id", "value": "2"})),
        Reason::Mutability
    );
    let echo = json!({"op": "replace", "value": {"id": "1", "title": "T"}});
    assert_eq!(patched(&before, echo), Ok(json!({"id": "1", "title": "T"})));
    assert_eq!(patch_refused(&before, json!({"op": "replace", "value": {"id": "2"}})), Reason::Mutability);
}

#[test]
fn r101_paths_follow_the_grammar() {
    for path in [
        "title",
        "NAME.givenname",
        "emails[type eq \"work\"]",
        "emails[type eq \"work\"].value",
        urn::ENTERPRISE_USER,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
        "urn:ietf:params:scim:schemas:core:2.0:User:title",
    ] {
        assert!(Path::parse(path, &Rules::STRICT).is_ok(), "{path}");
    }
    for (path, reason) in [
        ("name.a.b", Reason::InvalidPath),
        ("name]", Reason::InvalidPath),
        ("1", Reason::InvalidPath),
        ("frobnicate", Reason::InvalidPath),
        ("emails[type", Reason::InvalidFilter),
    ] {
        assert_eq!(
            patch_refused(&json!({}), json!({"op": "add", "path": path, "value": "x"})),
            reason,
            "{path}"
        );
    }
}

#[test]
fn r102_keys_without_a_path_may_be_paths() {
    let value = json!({
        "name.givenName": "G",
        "emails[type eq \"work\"].value": "a",
        format!("{}:department", urn::ENTERPRISE_USER): "R",
    });
    let after =
        patched_in(&json!({}), json!([{"op": "Add", "value": value}]), &Dialect::ENTRA).expect("a resource");
    assert_eq!(after["name"], json!({"givenName": "G"}));
    assert_eq!(after["emails"], json!([{"type": "work", "value": "a"}]));
    assert_eq!(after[urn::ENTERPRISE_USER], json!({"department": "R"}));
}

#[test]
fn r103_schemas_follows_the_extensions() {
    let users = fixture::users();
    let department = format!("{}:department", urn::ENTERPRISE_USER);
    let step = |before: &Attributes, operation| {
        let operations = read(json!({"Operations": [operation]}), &Dialect::GENERIC, 10).expect("operations");
        apply(&users, before, operations, &Dialect::GENERIC).expect("a resource").resource
    };
    let with = step(&strict(&json!({})), json!({"op": "add", "path": department, "value": "R"}));
    assert_eq!(with["schemas"], json!([urn::USER, urn::ENTERPRISE_USER]));
    let without = step(&with, json!({"op": "remove", "path": department}));
    assert_eq!(without["schemas"], json!([urn::USER]));
}

#[test]
fn r105_operations_are_counted() {
    let many = json!({"schemas": [urn::PATCH_OP], "Operations": vec![json!({"op": "add", "value": {}}); 3]});
    assert_eq!(operations(many, &Dialect::STRICT), Err(Reason::TooLarge));
}
