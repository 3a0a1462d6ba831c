//! Whole resources: what is kept of them, and what is refused.

use scimitar_scim::patch::Member;
use scimitar_scim::resource::{Attributes, Meta, read, replace};
use scimitar_scim::schema::{Registry, Schema};
use scimitar_scim::{Dialect, Reason, urn};
use serde_json::{Value, json};

use crate::fixture;

fn kept(body: Value, dialect: &Dialect) -> Attributes {
    let text = body.to_string();
    read(&fixture::users(), body, dialect).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// What a body is kept as, without `schemas` and `userName`.
#[track_caller]
fn check(body: Value, expected: impl Into<Value>) {
    let mut body = fixture::map(body);
    body.insert("userName".to_owned(), json!("ada"));
    let mut kept = kept(Value::Object(body), &Dialect::GENERIC);
    kept.shift_remove("schemas");
    kept.shift_remove("userName");
    assert_eq!(Value::Object(kept).to_string(), expected.into().to_string());
}

#[test]
fn names_get_the_case_of_the_schema_and_values_stay_as_they_are() {
    check(json!({"DISPLAYNAME": " Ada  L ", "TITLE": ""}), json!({"displayName": " Ada  L ", "title": ""}));
    check(json!({"NAME": {"GIVENNAME": "Ada"}}), json!({"name": {"givenName": "Ada"}}));
    check(
        json!({"emails": [{"VALUE": "a", "Type": "unusual"}]}),
        json!({"emails": [{"value": "a", "type": "unusual"}]}),
    );
    check(
        json!({"URN:IETF:params:scim:schemas:extension:enterprise:2.0:user": {"Department": "R"}}),
        json!({urn::ENTERPRISE_USER: {"department": "R"}}),
    );
}

#[test]
fn null_and_nothing_are_the_same() {
    check(
        json!({"title": null, "name": null, "emails": null, "roles": [], "phoneNumbers": [null], "ims": [{}]}),
        json!({}),
    );
    check(
        json!({"name": {"givenName": null}, urn::ENTERPRISE_USER: {"manager": null}, "addresses": [{"type": null}]}),
        json!({}),
    );
}

#[test]
fn what_the_service_keeps_is_not_taken_from_a_client() {
    check(
        json!({
            "id": "7",
            "meta": {"resourceType": "User", "created": "never"},
            "groups": [{"value": "admins"}],
            "schemas": ["http://example.com/none", urn::USER],
            urn::ENTERPRISE_USER: {"manager": {"value": "7", "displayName": "Eve"}},
        }),
        json!({urn::ENTERPRISE_USER: {"manager": {"value": "7"}}}),
    );
}

#[test]
fn what_clients_write_in_another_type_is_understood_where_it_means_one_thing() {
    check(json!({"active": "False"}), json!({"active": false}));
    check(json!({"active": "TRUE"}), json!({"active": true}));
    check(
        json!({"emails": [{"value": "a", "primary": "true"}]}),
        json!({"emails": [{"value": "a", "primary": true}]}),
    );
    check(
        json!({"emails": {"value": "a"}, "roles": ["admin", "user"]}),
        json!({"emails": [{"value": "a"}], "roles": [{"value": "admin"}, {"value": "user"}]}),
    );
    check(json!({"name": [{"givenName": "Ada"}]}), json!({"name": {"givenName": "Ada"}}));
    check(json!({"title": 42}), json!({"title": "42"}));
    check(
        json!({urn::ENTERPRISE_USER: {"manager": "7"}}),
        json!({urn::ENTERPRISE_USER: {"manager": {"value": "7"}}}),
    );
    check(json!({urn::ENTERPRISE_USER: {"manager": ""}}), json!({}));
    check(
        json!({"urn:scim:schemas:extension:enterprise:1.0": {"department": "R"}}),
        json!({urn::ENTERPRISE_USER: {"department": "R"}}),
    );
    check(json!({urn::USER: {"title": "T"}}), json!({"title": "T"}));
    check(json!({"emails": [{"value": "a"}, {"value": "a"}]}), json!({"emails": [{"value": "a"}]}));
}

#[test]
fn unknown_extensions_are_kept_and_named_in_schemas() {
    let body = json!({
        "schemas": [urn::USER, "urn:unused", "http://schemas.example/2006/Group"],
        "userName": "ada",
        "favourite": "blue",
        "urn:example:badge": {"number": 7, "deep": {"er": [null]}},
        urn::ENTERPRISE_USER: {"desk": "3"},
    });
    assert_eq!(
        Value::Object(kept(body.clone(), &Dialect::GENERIC)).to_string(),
        json!({
            "schemas": [urn::USER, "urn:example:badge", urn::ENTERPRISE_USER],
            "userName": "ada",
            "urn:example:badge": {"number": 7, "deep": {"er": [null]}},
            urn::ENTERPRISE_USER: {"desk": "3"},
        })
        .to_string()
    );
    assert_eq!(kept(body, &Dialect::AUTHENTIK)["favourite"], "blue");
}

#[test]
fn what_stands_under_the_urn_of_the_base_schema_is_read_as_if_it_stood_outside() {
    check(
        json!({urn::USER: {"title": "Dr", urn::ENTERPRISE_USER: {"department": "R"}}}),
        json!({"title": "Dr", urn::ENTERPRISE_USER: {"department": "R"}}),
    );
    refused(
        json!({"userName": "ada", urn::USER: {urn::ENTERPRISE_USER: 1}}),
        &Dialect::GENERIC,
        Reason::InvalidValue,
        "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User` must be an object",
    );
    refused(
        json!({"userName": "ada", "badge": 1, urn::USER: {"Badge": 2}}),
        &Dialect::GENERIC,
        Reason::InvalidSyntax,
        "`Badge` is there twice",
    );
}

/// The reason and the words of a refusal.
#[track_caller]
fn refused(body: Value, dialect: &Dialect, reason: Reason, detail: &str) {
    let error = read(&fixture::users(), body, dialect).expect_err("it is bad");
    assert_eq!((error.reason, &*error.detail), (reason, detail));
}

#[test]
fn what_is_wrong_is_refused_by_its_name() {
    use Reason::{InvalidSyntax, InvalidValue};
    let generic = Dialect::GENERIC;
    for (body, reason, detail) in [
        (json!([]), InvalidSyntax, "the body must be a JSON object"),
        (json!("x"), InvalidSyntax, "the body must be a JSON object"),
        (json!({}), InvalidValue, "`userName` is required"),
        (json!({"userName": null}), InvalidValue, "`userName` is required"),
        (json!({"userName": "  "}), InvalidValue, "`userName` is required"),
        (json!({"userName": {"a": 1}}), InvalidValue, "`userName` must be a text"),
        (json!({"userName": ["a", "b"]}), InvalidValue, "`userName` must be a text"),
        (json!({"userName": "a", "USERNAME": "b"}), InvalidSyntax, "`USERNAME` is there twice"),
        (
            json!({"userName": "a", "name": {"givenName": "a", "GIVENNAME": "b"}}),
            InvalidSyntax,
            "`name.givenName` is there twice",
        ),
        (json!({"userName": "a", "active": "yes"}), InvalidValue, "`active` must be `true` or `false`"),
        (json!({"userName": "a", "active": 1}), InvalidValue, "`active` must be `true` or `false`"),
        (json!({"userName": "a", "name": "Ada"}), InvalidValue, "`name` must be an object"),
        (json!({"userName": "a", "emails": [[1, 2]]}), InvalidValue, "`emails` must be an object"),
        (
            json!({"userName": "a", "emails": [{"value": {"x": 1}}]}),
            InvalidValue,
            "`emails.value` must be a text",
        ),
        (
            json!({"userName": "a", "emails": [{"primary": "x"}]}),
            InvalidValue,
            "`emails.primary` must be `true` or `false`",
        ),
        (
            json!({"userName": "a", "emails": [{"value": "a", "primary": true}, {"value": "b", "primary": "True"}]}),
            InvalidValue,
            "`emails` has more than one element with `primary`",
        ),
        (
            json!({"userName": "a", "x509Certificates": [{"value": "MI=I"}]}),
            InvalidValue,
            "`x509Certificates.value` must be base64",
        ),
        (
            json!({"userName": "a", urn::ENTERPRISE_USER: 7}),
            InvalidValue,
            "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User` must be an object",
        ),
        (
            json!({"userName": "a", urn::USER: 7}),
            InvalidValue,
            "`urn:ietf:params:scim:schemas:core:2.0:User` must be an object",
        ),
    ] {
        refused(body, &generic, reason, detail);
    }
}

#[test]
fn the_letter_of_the_rfc_is_kept_where_it_is_asked_for() {
    use Reason::{InvalidSyntax, InvalidValue};
    let schemas = [urn::USER];
    for (body, reason, detail) in [
        (json!({"userName": "a"}), InvalidSyntax, "`schemas` is missing"),
        (json!({"schemas": urn::USER, "userName": "a"}), InvalidSyntax, "`schemas` must be an array of URNs"),
        (
            json!({"schemas": [urn::ENTERPRISE_USER], "userName": "a"}),
            InvalidValue,
            "`schemas` must name `urn:ietf:params:scim:schemas:core:2.0:User`",
        ),
        (
            json!({"schemas": [urn::USER, "urn:x"], "userName": "a"}),
            InvalidValue,
            "`schemas` names `\"urn:x\"`, which is unknown",
        ),
        (
            json!({"schemas": schemas, "userName": "a", "favourite": 1}),
            InvalidValue,
            "there is no attribute `favourite` in a User",
        ),
        (
            json!({"schemas": schemas, "userName": "a", "active": "true"}),
            InvalidValue,
            "`active` must be `true` or `false`",
        ),
        (
            json!({"schemas": schemas, "userName": "a", "emails": {"value": "a"}}),
            InvalidValue,
            "`emails` must be an array",
        ),
        (
            json!({"schemas": schemas, "userName": "a", "emails": [{"mail": "a"}]}),
            InvalidValue,
            "`emails` has no part `mail`",
        ),
        (
            json!({"schemas": schemas, "userName": "a", "urn:example:x": {}}),
            InvalidValue,
            "there is no attribute `urn:example:x` in a User",
        ),
        (
            json!({"schemas": schemas, "userName": "a", urn::ENTERPRISE_USER: {"desk": 1}}),
            InvalidValue,
            "there is no attribute `desk` in `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`",
        ),
    ] {
        refused(body, &Dialect::STRICT, reason, detail);
    }
}

/// A registry in which every type and an immutable attribute occur.
fn badges() -> Registry {
    let mut registry = Registry::standard();
    let schema = Schema::read(&json!({
        "id": "urn:example:badge",
        "attributes": [
            {"name": "number", "type": "integer", "mutability": "immutable", "required": true},
            {"name": "weight", "type": "decimal"},
            {"name": "since", "type": "dateTime"},
            {"name": "photo", "type": "binary"},
            {"name": "page", "type": "reference"},
            {"name": "doors", "multiValued": true},
            {"name": "holder", "type": "complex", "subAttributes": [
                {"name": "value", "mutability": "immutable"}, {"name": "note"},
            ]},
        ],
    }));
    registry.extend("User", schema.expect("a schema"), false).expect("an extension");
    registry
}

#[test]
fn each_type_takes_its_values_and_no_others() {
    let registry = badges();
    let users = registry.resource_type("User").expect("users");
    for (name, given, kept) in [
        ("number", json!(7), Some(json!(7))),
        ("number", json!("7"), Some(json!(7))),
        ("number", json!(7.5), None),
        ("number", json!("x"), None),
        ("weight", json!(7.5), Some(json!(7.5))),
        ("weight", json!("1e3"), Some(json!(1e3))),
        ("weight", json!(true), None),
        ("since", json!("2024-01-01T00:00:00.5+02:00"), Some(json!("2024-01-01T00:00:00.5+02:00"))),
        ("since", json!("2024-01-01"), None),
        ("since", json!(5), None),
        ("photo", json!("aGk="), Some(json!("aGk="))),
        ("photo", json!("aGk"), None),
        ("photo", json!("===="), None),
        ("page", json!("https://x.example/"), Some(json!("https://x.example/"))),
        ("page", json!(5), None),
        ("doors", json!(["a", "b", "a"]), Some(json!(["a", "b"]))),
        ("doors", json!("a"), Some(json!(["a"]))),
        ("doors", json!([["a", "b"]]), None),
        ("holder", json!("x"), Some(json!({"value": "x"}))),
    ] {
        let mut badge = json!({"number": 1});
        badge[name] = given.clone();
        let body = json!({"userName": "ada", "urn:example:badge": badge});
        let got = read(users, body, &Dialect::GENERIC).map(|it| it["urn:example:badge"][name].clone());
        assert_eq!(got.as_ref().ok(), kept.as_ref(), "{name} {given}: {got:?}");
    }
    let body = json!({"userName": "ada", "urn:example:badge": {"weight": 1}});
    assert_eq!(read(users, body, &Dialect::GENERIC).expect_err("number").detail, "`number` is required");
}

#[test]
fn a_put_keeps_what_is_not_the_clients_and_clears_the_rest() {
    let users = fixture::users();
    let current = fixture::map(fixture::ada());
    let body = json!({"userName": "ada", "id": "7", "title": null, urn::ENTERPRISE_USER: {"manager": {"value": "m-1"}}});
    let incoming = kept(body, &Dialect::GENERIC);

    let after = replace(&users, &current, incoming.clone(), &Dialect::GENERIC).expect("a resource");
    assert_eq!(after["id"], current["id"]);
    assert_eq!(after["meta"], current["meta"]);
    assert_eq!(after["groups"], current["groups"]);
    assert_eq!(after[urn::ENTERPRISE_USER], json!({"manager": {"value": "m-1", "displayName": "Charles"}}));
    assert_eq!(after["userName"], "ada");
    for cleared in ["title", "emails", "externalId", "active", "name"] {
        assert!(!after.contains_key(cleared), "{cleared}");
    }

    let after = replace(&users, &current, incoming, &Dialect::AUTHENTIK).expect("a resource");
    assert_eq!(after["emails"], current["emails"]);
    assert_eq!(after[urn::ENTERPRISE_USER]["department"], "R&D 100%");
}

#[test]
fn another_manager_has_another_name() {
    let users = fixture::users();
    let incoming = kept(
        json!({"userName": "ada", urn::ENTERPRISE_USER: {"manager": {"value": "m-2"}}}),
        &Dialect::GENERIC,
    );
    let after =
        replace(&users, &fixture::map(fixture::ada()), incoming, &Dialect::GENERIC).expect("a resource");
    assert_eq!(after[urn::ENTERPRISE_USER], json!({"manager": {"value": "m-2"}}));
}

#[test]
fn a_put_leaves_the_extensions_in_their_order() {
    let body = json!({
        "userName": "ada",
        urn::ENTERPRISE_USER: {"department": "R"},
        "urn:example:badge": {"colour": "red"},
    });
    let kept = kept(body, &Dialect::GENERIC);
    let replaced = replace(&fixture::users(), &kept, kept.clone(), &Dialect::GENERIC).unwrap();
    assert_eq!(replaced["schemas"], kept["schemas"]);
}

#[test]
fn a_put_gives_back_the_same_when_nothing_changed() {
    let users = fixture::users();
    for (name, person) in fixture::people() {
        let current = kept(Value::Object(person.clone()), &Dialect::GENERIC);
        let mut stored = person;
        let again = replace(&users, &stored, current, &Dialect::GENERIC).expect("a resource");
        // `emails: []` and `schemas` are what is not there and what follows.
        stored.retain(|name, value| name != "schemas" && *value != json!([]));
        let sorted = |resource: &Attributes| {
            let mut lines: Vec<_> = resource.iter().map(|(name, value)| format!("{name} {value}")).collect();
            lines.retain(|line| !line.starts_with("schemas "));
            lines.sort();
            lines
        };
        assert_eq!(sorted(&again), sorted(&stored), "{name}");
    }
}

#[test]
fn immutable_is_set_once() {
    let registry = badges();
    let users = registry.resource_type("User").expect("users");
    let badge = |badge: Value| {
        read(users, json!({"userName": "ada", "urn:example:badge": badge}), &Dialect::GENERIC)
            .expect("a resource")
    };
    let none = read(users, json!({"userName": "ada"}), &Dialect::GENERIC).expect("a resource");
    let seven = badge(json!({"number": 7, "holder": {"value": "x", "note": "n"}}));
    let replace = |current: &Attributes, incoming| replace(users, current, incoming, &Dialect::GENERIC);

    assert_eq!(replace(&none, seven.clone()), Ok(seven.clone()));
    assert_eq!(replace(&seven, seven.clone()), Ok(seven.clone()));
    // What is left out was not changed.
    assert_eq!(replace(&seven, none).expect("a resource")["urn:example:badge"]["number"], 7);
    let other = replace(&seven, badge(json!({"number": 8}))).expect_err("another number");
    assert_eq!((other.reason, &*other.detail), (Reason::Mutability, "`number` cannot be changed"));
    let holder =
        replace(&seven, badge(json!({"number": 7, "holder": {"value": "y"}}))).expect_err("another holder");
    assert_eq!((holder.reason, &*holder.detail), (Reason::Mutability, "`holder.value` cannot be changed"));
}

#[test]
fn members_are_taken_out_by_their_id() {
    let body = json!({"displayName": "ops", "members": [
        {"value": "2", "type": "User", "display": "x"}, "1", {"$ref": "https://x.example/Users/3"}, {"value": "2"},
    ]});
    let mut group = read(&fixture::groups(), body, &Dialect::GENERIC).expect("a group");
    let members = Member::take_all(&mut group).expect("members");
    assert_eq!(members.keys().collect::<Vec<_>>(), ["1", "2", "3"]);
    assert!(!group.contains_key("members"));
    assert!(Member::take_all(&mut group).expect("none").is_empty());

    let body = json!({"displayName": "ops", "members": [{"type": "User"}]});
    let mut group = read(&fixture::groups(), body, &Dialect::GENERIC).expect("a group");
    let error = Member::take_all(&mut group).expect_err("nobody");
    assert_eq!(error.detail, "each of `members` needs a `value`: the member's id");
}

#[test]
fn meta_leaves_out_what_is_not_known() {
    let meta = Meta {
        resource_type: "User".to_owned(),
        created: Some("2024-01-01T00:00:00Z".to_owned()),
        last_modified: None,
        location: Some("https://x.example/Users/1".to_owned()),
        version: None,
    };
    assert_eq!(
        meta.to_value().to_string(),
        r#"{"resourceType":"User","created":"2024-01-01T00:00:00Z","location":"https://x.example/Users/1"}"#
    );
}
