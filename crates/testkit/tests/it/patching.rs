//! PATCH in every form that a client of ours may send (RFC 7644 §3.5.2).

use serde_json::{Value, json};

use scimitar_testkit::remote::{Behaviour, FakeRemote};

use crate::wire::{USER, call, patch, user};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Patch a user, and compare what is then at a path of it, or the refusal.
#[track_caller]
fn check_user(operations: Value, at: &str, expected: Value) {
    let text = operations.to_string();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let got = runtime.block_on(async {
        let remote = FakeRemote::start(Behaviour::default()).await;
        remote.seed_user(json!({
            "schemas": [USER],
            "userName": "ada",
            "title": "Dr",
            "name": {"givenName": "Ada", "familyName": "Byron"},
            "emails": [{"type": "work", "value": "a@work"}, {"type": "home", "value": "a@home"}],
        }));
        remote.seed_user(user("bob"));
        let reply = call(&remote, "PATCH /Users/u1", patch(operations)).await;
        if reply.status == 200 {
            assert_eq!(reply.json()["id"], "u1");
            remote.users()[0].get(at).cloned().unwrap_or_default()
        } else {
            assert_eq!(remote.users()[0].version, 1, "all or nothing");
            reply.summary().into()
        }
    });
    assert_eq!(got, expected, "{text}");
}

#[test]
fn attributes_are_added_replaced_and_removed() {
    check_user(json!([{"op": "replace", "path": "title", "value": "Prof"}]), "title", json!("Prof"));
    check_user(json!([{"op": "Replace", "path": "TITLE", "value": "Prof"}]), "title", json!("Prof"));
    check_user(json!([{"op": "add", "path": "nickName", "value": "A"}]), "nickName", json!("A"));
    check_user(json!([{"op": "remove", "path": "title"}]), "title", Value::Null);
    check_user(json!([{"op": "replace", "path": "title", "value": null}]), "title", Value::Null);
    check_user(
        json!([{"op": "replace", "path": "name.givenName", "value": "A."}]),
        "name",
        json!({"givenName": "A.", "familyName": "Byron"}),
    );
    check_user(json!([{"op": "remove", "path": "name.givenName"}]), "name", json!({"familyName": "Byron"}));
    check_user(
        json!([{"op": "replace", "path": "name", "value": {"givenName": "A."}}]),
        "name.familyName",
        json!("Byron"),
    );
    check_user(
        json!([{"op": "add", "path": "manager.value", "value": "u2"}]),
        "manager",
        json!({"value": "u2"}),
    );
}

#[test]
fn without_a_path_each_member_of_the_value_is_one() {
    check_user(
        json!([{"op": "replace", "value": {"title": "Prof", "active": false}}]),
        "active",
        json!(false),
    );
    check_user(json!([{"op": "replace", "value": {"name.givenName": "A."}}]), "name.givenName", json!("A."));
    check_user(json!([{"op": "replace", "value": {"id": "u1", "title": "X"}}]), "title", json!("X"));
    check_user(json!([{"op": "replace", "value": {"id": "u9"}}]), "", json!("400 mutability"));
    check_user(json!([{"op": "replace", "value": "x"}]), "", json!("400 invalidValue"));
}

#[test]
fn elements_of_lists_are_found_by_filter() {
    let work = r#"emails[type eq "work"]"#;
    check_user(
        json!([{"op": "replace", "path": format!("{work}.value"), "value": "b@work"}]),
        "emails.0.value",
        json!("b@work"),
    );
    check_user(
        json!([{"op": "replace", "path": work, "value": {"value": "b@work"}}]),
        "emails.0",
        json!({"type": "work", "value": "b@work"}),
    );
    check_user(
        json!([{"op": "remove", "path": work}]),
        "emails",
        json!([{"type": "home", "value": "a@home"}]),
    );
    check_user(json!([{"op": "remove", "path": r#"emails[value eq "A@HOME"]"#}]), "emails.1", Value::Null);
    check_user(
        json!([{"op": "replace", "path": r#"emails[type eq "x"].value"#, "value": "v"}]),
        "",
        json!("400 noTarget"),
    );
    check_user(
        json!([{"op": "add", "path": r#"emails[type eq "x"].value"#, "value": "v"}]),
        "emails.2",
        json!({"type": "x", "value": "v"}),
    );
    check_user(
        json!([{"op": "add", "path": r#"ims[type eq "x"].value"#, "value": "v"}]),
        "ims",
        json!([{"type": "x", "value": "v"}]),
    );
    check_user(
        json!([{"op": "add", "path": "emails", "value": [{"type": "home", "value": "a@home"}, {"value": "c"}]}]),
        "emails.2",
        json!({"value": "c"}),
    );
    check_user(json!([{"op": "replace", "path": "emails", "value": []}]), "emails", json!([]));
}

#[test]
fn extensions_are_reached_by_their_urn() {
    let remote = |operations: Value, expected: Value| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let remote = FakeRemote::start(Behaviour::default()).await;
            remote.seed_user(user("ada"));
            let reply = call(&remote, "PATCH /Users/u1", patch(operations)).await;
            assert_eq!(reply.status, 200);
            assert_eq!(reply.json()[ENTERPRISE], expected);
            assert_eq!(reply.json()["schemas"], json!([USER, ENTERPRISE]));
        });
    };
    remote(
        json!([{"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "D"}]),
        json!({"department": "D"}),
    );
    remote(
        json!([{"op": "add", "path": format!("{ENTERPRISE}:manager.value"), "value": "u2"}]),
        json!({"manager": {"value": "u2"}}),
    );
    remote(
        json!([{"op": "add", "path": ENTERPRISE, "value": {"department": "D"}}]),
        json!({"department": "D"}),
    );
    remote(json!([{"op": "add", "value": {ENTERPRISE: {"department": "D"}}}]), json!({"department": "D"}));
}

#[test]
fn faulty_patches_are_refused_whole() {
    check_user(
        json!([{"op": "replace", "path": "title", "value": "X"}, {"op": "nonsense"}]),
        "",
        json!("400 invalidSyntax"),
    );
    check_user(json!([]), "", json!("400 invalidSyntax"));
    check_user(json!([{"op": "remove"}]), "", json!("400 noTarget"));
    check_user(json!([{"op": "remove", "path": "userName"}]), "", json!("400 invalidValue"));
    check_user(json!([{"op": "replace", "path": "userName", "value": "BOB"}]), "", json!("409 uniqueness"));
    check_user(json!([{"op": "replace", "path": "meta.version", "value": "1"}]), "", json!("400 mutability"));
    check_user(json!([{"op": "add", "path": "a[", "value": "1"}]), "", json!("400 invalidPath"));
    check_user(json!([{"op": "add", "path": "title"}]), "", json!("400 invalidValue"));
}

/// Patch a group of u1 and u2 among u1 to u4, and compare its members, or the refusal.
#[track_caller]
fn check_members(operations: Value, expected: &str) {
    let text = operations.to_string();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let got = runtime.block_on(async {
        let remote = FakeRemote::start(Behaviour::default()).await;
        for name in ["a", "b", "c", "d"] {
            remote.seed_user(user(name));
        }
        remote.seed_group(json!({"displayName": "staff", "members": [{"value": "u1"}, {"value": "u2"}]}));
        let reply = call(&remote, "PATCH /Groups/g1", patch(operations)).await;
        let members: Vec<String> = remote.members("g1").into_iter().collect();
        if reply.status == 204 { members.join(" ") } else { reply.summary() }
    });
    assert_eq!(got, expected, "{text}");
}

#[test]
fn members_change_in_every_form() {
    check_members(
        json!([{"op": "add", "path": "members", "value": [{"value": "u3"}, {"value": "u1"}]}]),
        "u1 u2 u3",
    );
    check_members(
        json!([{"op": "add", "path": "members", "value": {"value": "u3", "type": "user"}}]),
        "u1 u2 u3",
    );
    check_members(json!([{"op": "add", "value": {"members": [{"value": "u3"}]}}]), "u1 u2 u3");
    check_members(json!([{"op": "remove", "path": r#"members[value eq "u1"]"#}]), "u2");
    check_members(json!([{"op": "remove", "path": r#"members[value eq "u1" or value eq "u2"]"#}]), "");
    check_members(json!([{"op": "remove", "path": "members", "value": [{"value": "u2"}]}]), "u1");
    check_members(json!([{"op": "remove", "path": "members"}]), "");
    check_members(json!([{"op": "replace", "path": "members", "value": [{"value": "u4"}]}]), "u4");
    check_members(json!([{"op": "replace", "path": "members", "value": []}]), "");
    check_members(json!([{"op": "replace", "value": {"displayName": "all"}}]), "u1 u2");
    check_members(json!([{"op": "remove", "path": r#"members[value eq "u4"]"#}]), "u1 u2");
}

#[test]
fn operations_on_members_are_applied_in_order_and_together() {
    let add = |id| json!({"op": "add", "path": "members", "value": [{ "value": id }]});
    let remove = |id| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")});
    check_members(json!([add("u3"), remove("u3"), remove("u1"), add("u1")]), "u1 u2");
    check_members(json!([{"op": "remove", "path": "members"}, add("u3")]), "u3");
    check_members(json!([add("u3"), add("nobody")]), "400 invalidValue");
    check_members(json!([{"op": "add", "path": "members", "value": ["u3"]}]), "400 invalidValue");
    check_members(
        json!([{"op": "replace", "path": r#"members[value eq "u1"].value"#, "value": "u3"}]),
        "400 mutability",
    );
}

#[tokio::test]
async fn a_patch_needs_its_schema() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    remote.seed_user(user("ada"));
    let body = json!({"Operations": [{"op": "replace", "path": "title", "value": "X"}]});
    assert_eq!(call(&remote, "PATCH /Users/u1", body).await.summary(), "400 invalidSyntax");
}
