//! Properties of patches that hold for whatever is thrown at them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use scimitar_scim::filter::{Filter, Literal};
use scimitar_scim::patch::{Member, MemberStep, Operation, apply, read, split_members};
use scimitar_scim::resource::{self, Attributes};
use scimitar_scim::{Dialect, Path};
use serde_json::{Value, json};

use crate::fixture;

fn dialect() -> impl Strategy<Value = Dialect> {
    prop::sample::select(&Dialect::ALL)
}

/// Values of any shape, many of them such as occur.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop::sample::select(vec![
            "True",
            "ada",
            "a@x.example",
            "",
            "{\"value\":\"x\"}",
            "2024-01-01T00:00:00Z"
        ])
        .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let names = prop::sample::select(vec![
            "value",
            "type",
            "primary",
            "givenName",
            "title",
            "emails",
            "name.givenName",
            "id",
            "VALUE",
            "x",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::vec((names, inner), 0..3).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

fn path() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "title", "name", "name.givenName", "emails", "emails.value", r#"emails[type eq "work"]"#,
            r#"emails[type eq "work"].value"#, "emails[primary eq true].primary", "emails[not (type pr)]",
            r#"emails[type eq "a" and value eq "b"].display"#, "active", "manager", "manager.value", "id", "groups",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "schemas", "password", "roles", r#"roles[primary eq "True"].value"#,
            "addresses", "x509Certificates", "userName", "meta.version", "roles.value",
        ]).prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

fn operation() -> impl Strategy<Value = Value> {
    let op = prop::sample::select(vec!["add", "Add", "remove", "Replace"]);
    (op, path(), value()).prop_map(|(op, path, value)| json!({"op": op, "path": path, "value": value}))
}

fn request(operations: impl IntoIterator<Item = Value>) -> Value {
    let operations: Value = operations.into_iter().collect();
    json!({"schemas": [scimitar_scim::urn::PATCH_OP], "Operations": operations})
}

fn anybody() -> impl Strategy<Value = Attributes> {
    prop::sample::select(fixture::people()).prop_map(|(_, person)| person)
}

/// What must be true of every resource that is kept, as far as the schema goes.
fn is_sound(resource: &Attributes) -> Result<(), TestCaseError> {
    let users = fixture::users();
    for (name, value) in resource.iter().filter(|(name, _)| users.attribute(name).is_some()) {
        prop_assert!(!value.is_null(), "{} is null", name);
        let elements = value.as_array().map(Vec::as_slice).unwrap_or_default();
        let is_full = elements.iter().all(|element| *element != json!({}) && !element.is_null());
        prop_assert!(is_full, "an empty element in {}", name);
        prop_assert!(elements.iter().filter(|element| element["primary"] == true).count() <= 1);
    }
    prop_assert!(resource["userName"].is_string());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is asked, the answer is a sound resource or a refusal, and what the service keeps is kept.
    #[test]
    fn a_patch_leaves_a_sound_resource(
        before in anybody(), operations in prop::collection::vec(operation(), 1..5), dialect in dialect(),
    ) {
        let users = fixture::users();
        let before = apply(&users, &before, Vec::new(), &dialect).expect("a sound resource").resource;
        let Ok(operations) = read(request(operations), &dialect, 10) else { return Ok(()) };
        let Ok(patched) = apply(&users, &before, operations, &dialect) else { return Ok(()) };
        if before.get("emails") != Some(&json!([])) {
            is_sound(&patched.resource)?;
        }
        for kept in ["id", "meta", "groups"] {
            prop_assert_eq!(patched.resource.get(kept), before.get(kept), "{}", kept);
        }
        prop_assert_eq!(patched.changed, patched.resource != before);
    }

    /// A resource that was read is read again as the same, and so is one that was patched.
    #[test]
    fn reading_a_sound_resource_changes_nothing(
        operations in prop::collection::vec(operation(), 1..4), dialect in dialect(),
    ) {
        let users = fixture::users();
        let body = json!({"schemas": [scimitar_scim::urn::USER], "userName": "ada", "emails": [{"value": "a", "type": "work"}]});
        let first = resource::read(&users, body, &dialect).expect("a resource");
        let Ok(operations) = read(request(operations), &dialect, 10) else { return Ok(()) };
        let Ok(patched) = apply(&users, &first, operations, &dialect) else { return Ok(()) };
        let again = resource::read(&users, Value::Object(patched.resource.clone()), &dialect);
        prop_assert_eq!(again, Ok(patched.resource));
    }

    /// What was added is there, and adding it again changes nothing, unless the change is to what was selected by.
    #[test]
    fn adding_twice_is_adding_once(before in anybody(), path in path(), value in value(), dialect in dialect()) {
        let users = fixture::users();
        let selects_what_it_changes = |path: &str| path.ends_with("].primary") || path.ends_with(']');
        if path.as_str().is_some_and(selects_what_it_changes) {
            return Ok(());
        }
        let body = || request([json!({"op": "add", "path": path, "value": value})]);
        let Ok(operations) = read(body(), &dialect, 10) else { return Ok(()) };
        let Ok(once) = apply(&users, &before, operations.clone(), &dialect) else { return Ok(()) };
        let twice = apply(&users, &once.resource, operations, &dialect);
        prop_assert_eq!(twice.map(|it| it.resource), Ok(once.resource));
    }

    /// Removing what was added to nothing leaves nothing.
    #[test]
    fn removing_undoes_adding_to_nothing(path in path(), value in value(), dialect in dialect()) {
        let users = fixture::users();
        let before = resource::read(
            &users, json!({"schemas": [scimitar_scim::urn::USER], "userName": "ada"}), &dialect,
        ).expect("a resource");
        let Some(name) = path.as_str().filter(|path| !path.contains(['[', '.']) && *path != "userName") else { return Ok(()) };
        let add = json!({"op": "add", "path": name, "value": value});
        let remove = json!({"op": "remove", "path": name});
        let Ok(operations) = read(request([add, remove]), &dialect, 10) else { return Ok(()) };
        let Ok(after) = apply(&users, &before, operations, &dialect) else { return Ok(()) };
        prop_assert_eq!(after.resource, before);
    }

    /// The two ways to change a membership do the same.
    #[test]
    fn members_as_sets_are_members_as_a_list(
        before in prop::collection::btree_set("[a-f]", 0..6),
        operations in prop::collection::vec(member_operation(), 1..6),
        dialect in dialect().prop_filter("lists of one are too loose", |it| it.loose_schemas),
    ) {
        let groups = fixture::groups();
        let members: Vec<_> = before.iter().map(|id| json!({"value": id, "type": kind_of(id)})).collect();
        let group = fixture::map(json!({"schemas": [], "displayName": "ops", "members": members}));
        let operations = read(request(operations), &dialect, 10).expect("operations");

        let whole = apply(&groups, &group, operations.clone(), &dialect).expect("a group").resource;
        let split = split_members(&groups, operations, &dialect).expect("steps");
        let rest = apply(&groups, &group, split.rest.clone(), &dialect).expect("a group").resource;
        prop_assert_eq!(rest.get("displayName"), whole.get("displayName"));

        let table = before.into_iter().map(|id| (id.clone(), Member { kind: None, value: id })).collect();
        let found: Vec<_> = done(&split.members, table)?.into_keys().collect();
        let mut expected: Vec<_> = whole
            .get("members")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|member| member["value"].as_str().expect("an id").to_owned())
            .collect();
        expected.sort();
        prop_assert_eq!(found, expected);
    }
}

/// In the tests, a vowel is a group.
fn kind_of(id: &str) -> &'static str {
    if "ae".contains(id) { "Group" } else { "User" }
}

fn member_operation() -> impl Strategy<Value = Value> {
    let ids = || prop::collection::vec("[a-f]", 0..4);
    let list = |ids: Vec<String>| -> Value {
        ids.iter().map(|id| json!({"value": id, "type": kind_of(id)})).collect()
    };
    prop_oneof![
        ids().prop_map(move |ids| json!({"op": "Add", "path": "members", "value": list(ids)})),
        ids().prop_map(move |ids| json!({"op": "replace", "path": "MEMBERS", "value": list(ids)})),
        ids().prop_map(move |ids| json!({"op": "Remove", "path": "members", "value": list(ids)})),
        ids().prop_map(move |ids| json!({"op": "add", "value": {"members": list(ids), "displayName": "dev"}})),
        ids().prop_map(move |ids| json!({"op": "replace", "value": {"Members": list(ids)}})),
        "[a-f]".prop_map(|id| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")})),
        "[a-f]".prop_map(|id| json!({"op": "add", "path": format!("members[value eq \"{id}\"]"), "value": {"type": kind_of(&id)}})),
        Just(json!({"op": "remove", "path": r#"members[value eq "a" or value eq "b"]"#})),
        Just(json!({"op": "remove", "path": r#"members[type eq "group"]"#})),
        Just(json!({"op": "remove", "path": "members"})),
        Just(json!({"op": "replace", "path": "displayName", "value": "dev"})),
    ]
}

/// The steps, done to a table as a store would.
fn done(
    steps: &[MemberStep],
    mut table: BTreeMap<String, Member>,
) -> Result<BTreeMap<String, Member>, TestCaseError> {
    let groups = fixture::groups();
    let members = groups.attribute("members").expect("members");
    let mut was_change = false;
    for step in steps {
        match step {
            MemberStep::Clear => table.clear(),
            MemberStep::Change { add, remove } => {
                prop_assert!(!was_change, "two changes in a row");
                prop_assert!(add.keys().all(|id| !remove.contains(id)), "in both");
                table.retain(|id, _| !remove.contains(id));
                table.extend(add.clone());
            }
            MemberStep::RemoveWhere(filter) => {
                let condition = filter.check_element(members).expect("a condition");
                table.retain(|id, _| !condition.matches_element(&json!({"value": id, "type": kind_of(id)})));
            }
        }
        was_change = matches!(step, MemberStep::Change { .. });
    }
    Ok(table)
}

#[test]
fn a_long_list_of_changes_is_one_step() {
    let groups = fixture::groups();
    let mut operations: Vec<Operation> = Vec::new();
    for n in 0..1000 {
        let path =
            Path::parse(&format!("members[value eq \"{n}\"]"), &Dialect::OKTA.rules()).expect("a path");
        operations.push(Operation {
            number: 1,
            op: scimitar_scim::patch::Op::Remove,
            path: Some(path),
            value: Value::Null,
        });
    }
    let split = split_members(&groups, operations, &Dialect::OKTA).expect("steps");
    assert!(split.rest.is_empty());
    assert_eq!(split.members.len(), 1);
    let [MemberStep::Change { add, remove }] = split.members.as_slice() else { panic!("one change") };
    assert_eq!((add.len(), remove.len()), (0, 1000));
}

#[test]
fn a_refusal_names_the_operation_by_its_place_in_the_request() {
    let groups = fixture::groups();
    let body = request([
        json!({"op": "add", "path": "members", "value": [{"value": "1"}]}),
        json!({"op": "replace", "path": "id", "value": "2"}),
    ]);
    let operations = read(body, &Dialect::GENERIC, 10).expect("operations");
    let split = split_members(&groups, operations, &Dialect::GENERIC).expect("steps");
    let group = fixture::map(json!({"displayName": "ops"}));
    let error = apply(&groups, &group, split.rest, &Dialect::GENERIC).expect_err("refused");
    assert_eq!(error.detail, "operation 2: `id` is read-only");
}

#[test]
fn a_filter_about_more_than_ids_stands_by_itself() {
    let groups = fixture::groups();
    let body = request([
        json!({"op": "add", "path": "members", "value": [{"value": "1"}]}),
        json!({"op": "remove", "path": "members[type eq \"Group\"]"}),
        json!({"op": "remove", "path": "members[value eq \"2\"]"}),
    ]);
    let operations = read(body, &Dialect::GENERIC, 10).expect("operations");
    let split = split_members(&groups, operations, &Dialect::GENERIC).expect("steps");
    let [MemberStep::Change { .. }, MemberStep::RemoveWhere(filter), MemberStep::Change { .. }] =
        split.members.as_slice()
    else {
        panic!("three steps: {:?}", split.members)
    };
    let Filter::Compare(_, _, Literal::Text(text)) = filter else { panic!("a comparison") };
    assert_eq!(text, "Group");
}

#[test]
fn a_member_is_who_it_is() {
    let groups = fixture::groups();
    for (operation, detail) in [
        (
            json!({"op": "replace", "path": "members[value eq \"1\"].value", "value": "2"}),
            "operation 1: the parts of a member cannot be changed: remove the member and add another",
        ),
        (
            json!({"op": "replace", "path": "members[value eq \"1\"]", "value": {"value": "2"}}),
            "operation 1: a member cannot be replaced by another: remove it and add the other",
        ),
        (
            json!({"op": "add", "path": "members", "value": [{"type": "User"}]}),
            "operation 1: each of `members` needs a `value`: the member's id",
        ),
        (
            json!({"op": "add", "path": "members[type eq \"User\"]", "value": {}}),
            "operation 1: to add a member, name it: `members[value eq \"id\"]`",
        ),
        (
            json!({"op": "remove", "path": "members[kind eq \"User\"]"}),
            "operation 1: there is no attribute `kind`",
        ),
    ] {
        let operations = read(request([operation]), &Dialect::GENERIC, 10).expect("operations");
        let error = split_members(&groups, operations, &Dialect::GENERIC).expect_err("refused");
        assert_eq!(error.detail, detail);
    }
}
