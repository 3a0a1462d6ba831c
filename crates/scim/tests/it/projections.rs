//! What of a resource is returned.

use proptest::prelude::*;
use scimitar_scim::projection::{Projection, names};
use scimitar_scim::resource::Attributes;
use scimitar_scim::schema::{Registry, Schema};
use scimitar_scim::{Dialect, Reason, urn};
use serde_json::{Value, json};

use crate::fixture;

/// One who has something of everything, also what is never returned.
fn person() -> Attributes {
    let mut person = fixture::map(json!({
        "schemas": [urn::USER, urn::ENTERPRISE_USER, "urn:example:x"],
        "id": "1",
        "userName": "ada",
        "password": "secret",
        "name": {"givenName": "Ada", "familyName": "L"},
        "emails": [{"value": "a", "type": "work"}, {"type": "home"}],
        "meta": {"resourceType": "User", "version": "W/\"1\""},
        "urn:example:x": {"a": 1},
        "favourite": "blue",
    }));
    person.insert(
        urn::ENTERPRISE_USER.to_owned(),
        json!({"department": "R", "manager": {"value": "7"}, "desk": 1}),
    );
    person
}

/// What is left, without what is always there.
fn left(attributes: &[&str], excluded: &[&str]) -> String {
    let users = fixture::users();
    let projection = Projection::read(&users, attributes, excluded, &Dialect::STRICT).expect("a projection");
    let mut left = projection.apply(person());
    assert_eq!(left.shift_remove("id"), Some(json!("1")));
    assert_eq!(left.shift_remove("schemas"), person().shift_remove("schemas"));
    Value::Object(left).to_string()
}

const ENTERPRISE: &str = r#""urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#;

#[test]
fn by_itself_everything_but_secrets_is_returned() {
    let mut everything = person();
    everything.shift_remove("password");
    assert_eq!(Projection::default_of(&fixture::users()).apply(person()), everything);
}

#[test]
fn named_attributes_are_returned_and_no_others() {
    let manager = format!("{}:manager", urn::ENTERPRISE_USER);
    let value = format!("{}:manager.value", urn::ENTERPRISE_USER);
    let core = format!("{}:userName", urn::USER);
    for (attributes, expected) in [
        (vec!["userName"], r#"{"userName":"ada"}"#.to_owned()),
        (
            vec!["USERNAME", " name "],
            r#"{"userName":"ada","name":{"givenName":"Ada","familyName":"L"}}"#.to_owned(),
        ),
        (vec!["name.givenName"], r#"{"name":{"givenName":"Ada"}}"#.to_owned()),
        (vec!["name.givenName", "name"], r#"{"name":{"givenName":"Ada","familyName":"L"}}"#.to_owned()),
        (vec!["name.middleName"], "{}".to_owned()),
        (vec!["emails.value"], r#"{"emails":[{"value":"a"}]}"#.to_owned()),
        (
            vec![r#"emails[type eq "work"]"#],
            r#"{"emails":[{"value":"a","type":"work"},{"type":"home"}]}"#.to_owned(),
        ),
        (vec![r#"emails[type eq "a, b"].value"#], r#"{"emails":[{"value":"a"}]}"#.to_owned()),
        (vec!["meta.version"], r#"{"meta":{"version":"W/\"1\""}}"#.to_owned()),
        (vec![&*core], r#"{"userName":"ada"}"#.to_owned()),
        (vec![&*manager], format!(r#"{{{ENTERPRISE}:{{"manager":{{"value":"7"}}}}}}"#)),
        (vec![&*value], format!(r#"{{{ENTERPRISE}:{{"manager":{{"value":"7"}}}}}}"#)),
        (vec!["department"], format!(r#"{{{ENTERPRISE}:{{"department":"R"}}}}"#)),
        (
            vec![urn::ENTERPRISE_USER],
            format!(r#"{{{ENTERPRISE}:{{"department":"R","manager":{{"value":"7"}},"desk":1}}}}"#),
        ),
        (vec!["URN:example:X"], r#"{"urn:example:x":{"a":1}}"#.to_owned()),
        (vec!["favourite"], r#"{"favourite":"blue"}"#.to_owned()),
        (vec!["password"], "{}".to_owned()),
        (vec!["frobnicate", "a b", ""], "{}".to_owned()),
    ] {
        assert_eq!(left(&attributes, &[]), expected, "{attributes:?}");
    }
    assert!(left(&[urn::USER], &[]).starts_with(r#"{"userName":"ada","name""#));
}

#[test]
fn excluded_attributes_are_missing_and_no_others() {
    let mut expected = person();
    for name in ["id", "schemas", "password"] {
        expected.shift_remove(name);
    }
    let without = |change: &dyn Fn(&mut Attributes)| {
        let mut expected = expected.clone();
        change(&mut expected);
        Value::Object(expected).to_string()
    };
    let remove = |name: &'static str| move |it: &mut Attributes| drop(it.shift_remove(name));
    assert_eq!(left(&[], &["emails"]), without(&remove("emails")));
    assert_eq!(left(&[], &["ID", "schemas", "password"]), without(&|_| {}));
    assert_eq!(left(&[], &["meta"]), without(&remove("meta")));
    assert_eq!(left(&[], &[urn::ENTERPRISE_USER]), without(&remove(urn::ENTERPRISE_USER)));
    assert_eq!(
        left(&[], &["urn:example:x", "favourite"]),
        without(&|it| {
            it.shift_remove("urn:example:x");
            it.shift_remove("favourite");
        })
    );
    assert_eq!(left(&[], &["name.familyName"]), without(&|it| it["name"] = json!({"givenName": "Ada"})));
    assert_eq!(left(&[], &["name.familyName", "name.givenName"]), without(&remove("name")));
    assert_eq!(left(&[], &["emails.type"]), without(&|it| it["emails"] = json!([{"value": "a"}])));
    assert_eq!(left(&[], &["frobnicate"]), without(&|_| {}));
}

#[test]
fn both_lists_exclude_each_other() {
    let users = fixture::users();
    let error = Projection::read(&users, &["userName"], &["name"], &Dialect::STRICT).expect_err("both");
    assert_eq!(error.reason, Reason::InvalidValue);
    let projection =
        Projection::read(&users, &["userName"], &["userName"], &Dialect::GENERIC).expect("one wins");
    assert!(projection.apply(person()).contains_key("userName"));
}

#[test]
fn what_is_not_returned_need_not_be_loaded() {
    let groups = fixture::groups();
    for (attributes, excluded, expected) in [
        (vec![], vec![], true),
        (vec![], vec!["members"], false),
        (vec![], vec!["Members", "displayName"], false),
        (vec![], vec!["urn:ietf:params:scim:schemas:core:2.0:Group:members"], false),
        (vec![], vec!["members.display"], true),
        (vec!["displayName"], vec![], false),
        (vec!["members.value"], vec![], true),
        (vec![urn::GROUP], vec![], true),
    ] {
        let projection =
            Projection::read(&groups, &attributes, &excluded, &Dialect::STRICT).expect("a projection");
        assert_eq!(projection.returns("members"), expected, "{attributes:?} {excluded:?}");
        assert!(projection.returns("id"));
    }
    assert!(!Projection::default_of(&fixture::users()).returns("password"));
}

#[test]
fn some_attributes_are_returned_only_on_request() {
    let mut registry = Registry::standard();
    let schema = Schema::read(&json!({"id": "urn:example:r", "attributes": [
        {"name": "rare", "returned": "request"},
        {"name": "parts", "type": "complex", "subAttributes": [
            {"name": "rare", "returned": "request"}, {"name": "never", "returned": "never"},
            {"name": "always", "returned": "always"}, {"name": "usual"},
        ]},
    ]}));
    registry.extend("User", schema.expect("a schema"), false).expect("an extension");
    let users = registry.resource_type("User").expect("users");
    let parts = json!({"rare": 1, "never": 2, "always": 3, "usual": 4});
    let person = fixture::map(json!({"id": "1", "urn:example:r": {"rare": 1, "parts": parts}}));
    for (attributes, excluded, expected) in [
        (vec![], vec![], json!({"parts": {"always": 3, "usual": 4}})),
        (vec!["urn:example:r:rare"], vec![], json!({"rare": 1})),
        (vec!["urn:example:r:parts"], vec![], json!({"parts": {"always": 3, "usual": 4}})),
        (vec!["urn:example:r:parts.rare"], vec![], json!({"parts": {"rare": 1, "always": 3}})),
        (
            vec![],
            vec!["urn:example:r:parts.always", "urn:example:r:parts.usual"],
            json!({"parts": {"always": 3}}),
        ),
    ] {
        let projection =
            Projection::read(users, &attributes, &excluded, &Dialect::STRICT).expect("a projection");
        assert_eq!(projection.apply(person.clone()).get("urn:example:r"), Some(&expected), "{attributes:?}");
    }
}

#[test]
fn a_list_of_names_is_parted_by_commas_outside_brackets() {
    assert_eq!(names(" userName , name.givenName,,"), ["userName", "name.givenName"]);
    assert_eq!(names(r#"emails[type eq "a,b"].value,id"#), [r#"emails[type eq "a,b"].value"#, "id"]);
    assert_eq!(names(""), Vec::<&str>::new());
}

proptest! {
    /// Whatever is asked for: nothing is made up, and no secret gets out.
    #[test]
    fn a_projection_only_takes_away(
        attributes in prop::collection::vec("(password|name|emails|id|meta|[a-z:.\\[]{0,8})(\\.[a-z]{1,5})?", 0..4),
        excluded in prop::collection::vec("(password|name|emails|id|meta|[a-z:.\\[]{0,8})(\\.[a-z]{1,5})?", 0..4),
    ) {
        let users = fixture::users();
        let projection = Projection::read(&users, &attributes, &excluded, &Dialect::GENERIC).expect("a projection");
        let (before, after) = (person(), projection.apply(person()));
        prop_assert!(after.contains_key("id"));
        prop_assert!(!after.contains_key("password"));
        prop_assert!(after.keys().all(|name| before.contains_key(name)));
        for name in ["userName", "name", "emails", "meta"].into_iter().filter(|name| after.contains_key(*name)) {
            prop_assert!(projection.returns(name), "{} was not to be loaded", name);
        }
        // The same again takes nothing more away.
        prop_assert_eq!(projection.apply(after.clone()), after);
    }
}
