//! Errors, schemas, resources, versions, discovery.

use scimitar_scim::message::{Pagination, ServiceProvider};
use scimitar_scim::resource::{complete, read, replace};
use scimitar_scim::schema::{DataType, Mutability, Registry, Returned, Schema, Uniqueness};
use scimitar_scim::{Dialect, Reason, etag, urn};
use serde_json::{Value, json};

use super::{user, user_in};
use crate::fixture;

#[test]
fn r008_what_is_no_json_object_is_invalid_syntax() {
    let users = fixture::users();
    for body in [json!([]), json!("x"), json!(null), json!({"userName": "a", "USERNAME": "b"})] {
        assert_eq!(read(&users, body, &Dialect::GENERIC).expect_err("bad").reason, Reason::InvalidSyntax);
    }
}

#[test]
fn r010_an_error_has_its_schema_and_a_status_that_is_text() {
    let body = Reason::NoTarget.because("x").body();
    assert_eq!(body["schemas"], json!([urn::ERROR]));
    assert_eq!((&body["status"], &body["scimType"]), (&json!("400"), &json!("noTarget")));
    assert_eq!(Reason::TooLarge.because("x").body().get("scimType"), None);
}

#[test]
fn r011_each_condition_has_its_word_and_its_status() {
    for (reason, word, status) in [
        (Reason::InvalidFilter, "invalidFilter", 400),
        (Reason::TooMany, "tooMany", 400),
        (Reason::Uniqueness, "uniqueness", 409),
        (Reason::Mutability, "mutability", 400),
        (Reason::InvalidSyntax, "invalidSyntax", 400),
        (Reason::InvalidPath, "invalidPath", 400),
        (Reason::NoTarget, "noTarget", 400),
        (Reason::InvalidValue, "invalidValue", 400),
        (Reason::InvalidVers, "invalidVers", 400),
        (Reason::Sensitive, "sensitive", 403),
        (Reason::InvalidCursor, "invalidCursor", 400),
        (Reason::ExpiredCursor, "expiredCursor", 400),
        (Reason::InvalidCount, "invalidCount", 400),
    ] {
        assert_eq!((reason.scim_type(), reason.status()), (Some(word), status));
    }
}

#[test]
fn r014_names_have_no_case_and_are_given_back_in_that_of_the_schema() {
    assert_eq!(user(json!({"NICKNAME": "x"})).expect("a user")["nickName"], "x");
}

#[test]
fn r015_what_a_schema_leaves_out_has_the_defaults() {
    let schema = Schema::read(&json!({"id": "urn:x", "attributes": [{"name": "a"}]})).expect("a schema");
    let it = &schema.attributes[0];
    assert!(!it.required && !it.case_exact && !it.multi_valued);
    assert_eq!(
        (it.data_type, it.mutability, it.returned, it.uniqueness),
        (DataType::String, Mutability::ReadWrite, Returned::Default, Uniqueness::None)
    );
}

#[test]
fn r016_a_value_of_another_type_is_refused() {
    for body in
        [json!({"title": {}}), json!({"active": "yes"}), json!({"name": "x"}), json!({"emails": [[[]]]})]
    {
        assert_eq!(user(body).expect_err("bad").reason, Reason::InvalidValue);
    }
}

#[test]
fn r017_one_element_is_primary() {
    let two = json!({"emails": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]});
    assert_eq!(user(two).expect_err("two").reason, Reason::InvalidValue);
}

#[test]
fn r018_null_and_empty_are_unassigned() {
    let kept = user(json!({"title": null, "emails": [], "name": {}})).expect("a user");
    assert_eq!(kept.as_object().expect("an object").keys().collect::<Vec<_>>(), ["schemas", "userName"]);
}

#[test]
fn r019_schemas_says_what_is_there_and_forgives_what_it_does_not_know() {
    let body = json!({"schemas": ["urn:unknown", "x"], urn::ENTERPRISE_USER: {"department": "R"}});
    assert_eq!(user(body.clone()).expect("a user")["schemas"], json!([urn::USER, urn::ENTERPRISE_USER]));
    assert_eq!(user(json!({})).expect("a user")["schemas"], json!([urn::USER]));
    assert_eq!(user_in(body, &Dialect::STRICT).expect_err("strict").reason, Reason::InvalidValue);
}

#[test]
fn r020_extensions_stand_under_their_urn_whatever_its_case() {
    let kept = user(json!({urn::ENTERPRISE_USER.to_uppercase(): {"department": "R"}})).expect("a user");
    assert_eq!(kept[urn::ENTERPRISE_USER], json!({"department": "R"}));
}

#[test]
fn r024_what_is_unknown_is_ignored_stored_or_refused() {
    let body = json!({"schemas": [urn::USER], "favourite": "blue"});
    assert_eq!(user(body.clone()).expect("ignored").get("favourite"), None);
    assert_eq!(user_in(body.clone(), &Dialect::AUTHENTIK).expect("stored")["favourite"], "blue");
    assert_eq!(user_in(body, &Dialect::STRICT).expect_err("refused").reason, Reason::InvalidValue);
    let kept = user(json!({"urn:example:x": {"deep": [1]}})).expect("kept");
    assert_eq!(kept["urn:example:x"], json!({"deep": [1]}));
}

#[test]
fn r025_the_user_name_is_there_and_not_empty() {
    for name in [json!(null), json!(""), json!(" \t")] {
        assert_eq!(user(json!({"userName": name})).expect_err("bad").reason, Reason::InvalidValue);
    }
}

#[test]
fn r026_a_password_is_written_and_never_returned() {
    let users = fixture::users();
    let password = users.attribute("password").expect("a password");
    assert_eq!((password.mutability, password.returned), (Mutability::WriteOnly, Returned::Never));
}

#[test]
fn r027_the_groups_of_a_user_are_not_the_clients() {
    assert_eq!(user(json!({"groups": [{"value": "admins"}]})).expect("a user").get("groups"), None);
}

#[test]
fn r030_the_enterprise_extension_is_whole() {
    let registry = fixture::registry();
    let schema = registry.schema(urn::ENTERPRISE_USER).expect("the extension");
    let names: Vec<_> = schema.attributes.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["employeeNumber", "costCenter", "organization", "division", "department", "manager"]);
}

#[test]
fn r031_values_come_back_as_they_were_sent() {
    let kept = user(json!({"displayName": "  ÄDA  ", "emails": [{"value": "A@X.Example"}]})).expect("a user");
    assert_eq!(
        (&kept["displayName"], &kept["emails"][0]["value"]),
        (&json!("  ÄDA  "), &json!("A@X.Example"))
    );
}

#[test]
fn r033_read_only_attributes_of_a_body_are_ignored() {
    let manager = json!({"value": "7", "displayName": "Eve"});
    let kept = user(json!({"id": "7", "meta": {"version": "x"}, urn::ENTERPRISE_USER: {"manager": manager}}));
    let kept = kept.expect("a user");
    assert!(kept.get("id").is_none() && kept.get("meta").is_none());
    assert_eq!(kept[urn::ENTERPRISE_USER]["manager"], json!({"value": "7"}));
}

#[test]
fn r034_a_clash_is_a_conflict() {
    assert_eq!(Reason::Uniqueness.because("x").body()["status"], "409");
}

#[test]
fn r035_what_is_required_is_missed() {
    let error = read(&fixture::groups(), json!({"members": []}), &Dialect::GENERIC).expect_err("no name");
    assert_eq!((error.reason, &*error.detail), (Reason::InvalidValue, "`displayName` is required"));
}

fn put(current: &Value, incoming: Value, dialect: &Dialect) -> Value {
    let users = fixture::users();
    let mut current = fixture::map(current.clone());
    current.insert("userName".to_owned(), json!("ada"));
    complete(&users, &mut current).expect("a whole resource");
    let incoming = fixture::map(user(incoming).expect("a user"));
    Value::Object(replace(&users, &current, incoming, dialect).expect("a resource"))
}

#[test]
fn r074_a_put_clears_what_it_leaves_out() {
    let after =
        put(&json!({"title": "T", "emails": [{"value": "a"}]}), json!({"title": null}), &Dialect::STRICT);
    assert!(after.get("title").is_none() && after.get("emails").is_none());
}

#[test]
fn r075_a_put_leaves_alone_what_is_read_only() {
    let after = put(&json!({"id": "1"}), json!({"id": "2"}), &Dialect::STRICT);
    assert_eq!(after["id"], "1");
}

#[test]
fn r076_a_put_does_not_change_what_is_immutable() {
    let mut registry = Registry::standard();
    let schema =
        Schema::read(&json!({"id": "urn:x", "attributes": [{"name": "a", "mutability": "immutable"}]}));
    registry.extend("User", schema.expect("a schema"), false).expect("an extension");
    let users = registry.resource_type("User").expect("users");
    let body = |a: &str| {
        read(users, json!({"userName": "u", "urn:x": {"a": a}}), &Dialect::GENERIC).expect("a user")
    };
    assert!(replace(users, &body("1"), body("1"), &Dialect::GENERIC).is_ok());
    let error = replace(users, &body("1"), body("2"), &Dialect::GENERIC).expect_err("another");
    assert_eq!(error.reason, Reason::Mutability);
}

#[test]
fn r077_a_put_needs_what_is_required() {
    assert_eq!(user(json!({"userName": null})).expect_err("no name").reason, Reason::InvalidValue);
}

#[test]
fn r079_an_empty_list_empties_and_a_missing_one_too_but_for_authentiks_clients() {
    let current = json!({"emails": [{"value": "a"}]});
    assert!(put(&current, json!({"emails": []}), &Dialect::GENERIC).get("emails").is_none());
    assert!(put(&current, json!({}), &Dialect::GENERIC).get("emails").is_none());
    assert!(put(&current, json!({}), &Dialect::AUTHENTIK).get("emails").is_some());
}

#[test]
fn r107_a_version_is_a_weak_tag() {
    assert_eq!(etag::weak(7), "W/\"7\"");
}

#[test]
fn r108_a_header_lets_pass_or_not() {
    assert!(etag::if_match("*", "W/\"7\"") && etag::if_match("W/\"7\"", "W/\"7\""));
    assert!(!etag::if_match("W/\"6\"", "W/\"7\"") && etag::if_none_match("W/\"6\"", "W/\"7\""));
}

fn service() -> ServiceProvider {
    let pagination = Pagination {
        cursor: true,
        index: true,
        default_page_size: 20,
        max_page_size: 100,
        cursor_timeout: None,
    };
    ServiceProvider {
        documentation_uri: None,
        patch: true,
        bulk: None,
        filter_max_results: Some(100),
        change_password: false,
        sort: true,
        etag: true,
        pagination,
        schemes: Vec::new(),
    }
}

#[test]
fn r118_a_service_says_each_thing_that_must_be_said() {
    let document = service().document("");
    for pointer in [
        "/patch/supported",
        "/bulk/supported",
        "/bulk/maxOperations",
        "/bulk/maxPayloadSize",
        "/filter/supported",
        "/filter/maxResults",
        "/changePassword/supported",
        "/sort/supported",
        "/etag/supported",
        "/authenticationSchemes",
    ] {
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[test]
fn r119_each_document_of_discovery_has_its_meta() {
    let registry = fixture::registry();
    let mut documents = registry.schema_documents("x");
    documents.extend(registry.resource_type_documents("x"));
    documents.push(service().document("x"));
    for document in documents {
        assert!(document["meta"]["location"].as_str().expect("a location").starts_with("x/"));
    }
}

#[test]
fn r120_every_schema_is_served_also_those_of_discovery_and_of_extensions() {
    let mut registry = Registry::standard();
    let schema = Schema::read(&json!({"id": "urn:x", "attributes": [{"name": "a"}]})).expect("a schema");
    registry.extend("User", schema, false).expect("an extension");
    for urn in [
        urn::USER,
        urn::GROUP,
        urn::ENTERPRISE_USER,
        urn::SCHEMA,
        urn::RESOURCE_TYPE,
        urn::SERVICE_PROVIDER_CONFIG,
        "urn:x",
    ] {
        assert!(registry.schema_document(urn, "").is_some(), "{urn}");
    }
    let user = registry.schema_document(urn::USER, "").expect("users");
    let names: Vec<_> =
        user["attributes"].as_array().expect("a list").iter().filter_map(|it| it["name"].as_str()).collect();
    assert!(names.contains(&"password") && names.contains(&"groups"));
}

#[test]
fn r121_resource_types_are_users_and_groups_and_no_extension_is_required() {
    let documents = fixture::registry().resource_type_documents("");
    let names: Vec<_> = documents.iter().map(|it| it["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["User", "Group"]);
    assert_eq!(documents[0]["schemaExtensions"][0]["required"], false);
}

#[test]
fn r122_no_document_of_discovery_has_a_null() {
    for document in fixture::registry().schema_documents("") {
        assert!(!document.to_string().contains("null"));
    }
}

#[test]
fn r125_pages_are_told_with_the_index_as_the_usual_way() {
    let document = service().document("");
    assert_eq!(document["pagination"]["defaultPaginationMethod"], "index");
    assert_eq!(
        (&document["pagination"]["cursor"], &document["pagination"]["index"]),
        (&json!(true), &json!(true))
    );
}
