//! `/core/groups/`.

use serde_json::{Value, json};

use crate::harness::Api;

#[tokio::test]
async fn a_group_is_created_and_shown_in_full() {
    let api = Api::start().await;
    let ada = api.user("ada").await;
    let body = json!({"name": "staff", "users": [ada.0], "attributes": {"room": 7}});
    let group = api.admin().post("/core/groups/", &body).await.expect(201);
    let mut shown = group.clone();
    (shown["pk"], shown["num_pk"]) = ("[uuid]".into(), "[digits]".into());
    insta::assert_json_snapshot!(shown, @r#"
    {
      "pk": "[uuid]",
      "num_pk": "[digits]",
      "name": "staff",
      "is_superuser": false,
      "parent": null,
      "parent_name": null,
      "parents": [],
      "parents_obj": null,
      "users": [
        2
      ],
      "users_obj": [
        {
          "pk": 2,
          "username": "ada",
          "name": "ada Example",
          "is_active": true,
          "last_login": null,
          "email": "ada@example.com",
          "attributes": {},
          "uid": "c0cc0409bf285855e757fd8b4d7efa30f2b9fe1b14174ad236eb2db8ce3421d2"
        }
      ],
      "attributes": {
        "room": 7
      },
      "roles": [],
      "roles_obj": [],
      "inherited_roles_obj": null,
      "children": [],
      "children_obj": null
    }
    "#);
    let pk = group["pk"].as_str().expect("a group has a key");
    assert_eq!(api.admin().get(&format!("/core/groups/{pk}/")).await.expect(200), group);
    // A key also comes without dashes.
    let plain = pk.replace('-', "");
    assert_eq!(api.admin().get(&format!("/core/groups/{plain}/")).await.expect(200), group);
}

#[tokio::test]
async fn a_parent_is_written_and_shown_in_both_forms() {
    let api = Api::start().await;
    let admin = api.admin();
    let (one, two) = (api.group("one", &[]).await, api.group("two", &[]).await);
    let child = api.group("child", &[]).await;
    let path = format!("/core/groups/{child}/");
    let patch = async |body: Value| admin.patch(&path, &body).await.expect(200);

    let group = patch(json!({"parent": one.to_string()})).await;
    assert_eq!((&group["parent"], &group["parent_name"]), (&json!(one.to_string()), &json!("one")));
    assert_eq!(group["parents"], json!([one.to_string()]));
    assert_eq!(group["parents_obj"], Value::Null);
    let group = patch(json!({"parent": one.to_string(), "parents": [two.to_string()]})).await;
    assert_eq!(group["parent_name"], "two");
    let shown = admin.get(&format!("{path}?include_parents=true&include_users=false")).await.expect(200);
    assert_eq!(shown["parents_obj"][0]["name"], "two");
    assert_eq!(shown["users_obj"], Value::Null);
    let above = admin
        .get(&format!("/core/groups/{two}/?include_children=true&include_inherited_roles=true"))
        .await
        .expect(200);
    assert_eq!(above["children"], json!([child.to_string()]));
    assert_eq!(above["children_obj"][0]["name"], "child");
    assert_eq!((&above["inherited_roles_obj"], &shown["inherited_roles_obj"]), (&json!([]), &Value::Null));
    assert_eq!(patch(json!({"parents": []})).await["parent"], Value::Null);
    patch(json!({"parent": one.to_string()})).await;
    assert_eq!(patch(json!({"parent": ""})).await["parent"], Value::Null);
    patch(json!({"parent": one.to_string()})).await;
    assert_eq!(patch(json!({"parent": null})).await["parent"], Value::Null);
}

#[tokio::test]
async fn a_group_stands_below_several_others() {
    let api = Api::start().await;
    let admin = api.admin();
    let (one, two) = (api.group("one", &[]).await, api.group("two", &[]).await);
    let (first, second) = (one.to_string(), two.to_string());
    let asked = json!({"name": "child", "parents": [second, first, second]});
    let child = admin.post("/core/groups/", &asked).await.expect(201);
    assert_eq!(child["parents"], json!([second, first]));
    assert_eq!((&child["parent"], &child["parent_name"]), (&json!(second), &json!("two")));
    let path = format!("/core/groups/{}/", child["pk"].as_str().expect("a key"));
    let shown = admin.get(&format!("{path}?include_parents=true")).await.expect(200);
    assert_eq!(
        (&shown["parents_obj"][0]["name"], &shown["parents_obj"][1]["name"]),
        (&json!("two"), &json!("one"))
    );
    for above in [&first, &second] {
        let above = admin.get(&format!("/core/groups/{above}/?include_children=true")).await.expect(200);
        assert_eq!(
            (&above["children"], &above["children_obj"][0]["name"]),
            (&json!([child["pk"]]), &json!("child"))
        );
    }
    let list = admin.get("/core/groups/?search=o").await.expect(200);
    assert_eq!(
        (&list["results"][0]["children"], &list["results"][1]["children"]),
        (&json!([child["pk"]]), &json!([child["pk"]]))
    );

    // What is not named stays; the older form makes one of them.
    assert_eq!(
        admin.patch(&path, &json!({"name": "kid"})).await.expect(200)["parents"],
        json!([second, first])
    );
    let nobody = uuid::Uuid::nil();
    let refused = admin.patch(&path, &json!({"parents": [first, nobody]})).await.expect(400);
    assert_eq!(refused, json!({"parents": [format!("Invalid pk \"{nobody}\" - object does not exist.")]}));
    admin.delete(&format!("/core/groups/{second}/")).await.expect(204);
    assert_eq!(admin.get(&path).await.expect(200)["parents"], json!([first]));
    let third = api.group("three", &[]).await.to_string();
    admin.patch(&path, &json!({"parents": [first, third]})).await.expect(200);
    assert_eq!(admin.patch(&path, &json!({"parent": third})).await.expect(200)["parents"], json!([third]));
}

#[tokio::test]
async fn a_group_cannot_be_above_itself() {
    let api = Api::start().await;
    let admin = api.admin();
    let top = api.group("top", &[]).await;
    let below = api.group_with("below", &[], |group| group.parents = vec![top]).await;
    let circle = json!({"parent": ["Cannot set group as parent of itself."]});
    let path = format!("/core/groups/{top}/");
    assert_eq!(admin.patch(&path, &json!({"parent": top.to_string()})).await.expect(400), circle);
    assert_eq!(admin.patch(&path, &json!({"parent": below.to_string()})).await.expect(400), circle);
}

#[tokio::test]
async fn put_empties_the_members_and_patch_leaves_them() {
    let api = Api::start().await;
    let admin = api.admin();
    let (ada, bob) = (api.user("ada").await, api.user("bob").await);
    let group = api.group("staff", &[ada]).await;
    let path = format!("/core/groups/{group}/");
    assert_eq!(admin.patch(&path, &json!({"name": "crew"})).await.expect(200)["users"], json!([ada.0]));
    assert_eq!(
        admin.patch(&path, &json!({"users": [bob.0.to_string()]})).await.expect(200)["users"],
        json!([bob.0])
    );
    assert_eq!(admin.put(&path, &json!({"name": "crew"})).await.expect(200)["users"], json!([]));
}

#[tokio::test]
async fn faults_are_told_all_at_once() {
    let api = Api::start().await;
    api.group("staff", &[]).await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    let body =
        json!({"name": "staff", "is_superuser": [], "parent": nobody, "users": [999], "attributes": "x"});
    let told = api.admin().post("/core/groups/", &body).await.expect(400);
    let expected = json!({
        "name": ["This field must be unique."],
        "is_superuser": ["Must be a valid boolean."],
        "parent": [format!("Invalid pk \"{nobody}\" - object does not exist.")],
        "users": ["Invalid pk \"999\" - object does not exist."],
        "attributes": ["Value must be a dictionary, and not have any duplicate keys."],
    });
    assert_eq!(told, expected);
    let told = api.admin().post("/core/groups/", &json!({"users": ["ada"], "parent": "x"})).await.expect(400);
    let expected = json!({
        "name": ["This field is required."],
        "users": ["Incorrect type. Expected pk value, received str."],
        "parent": ["“x” is not a valid UUID."],
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn members_come_and_go_one_at_a_time() {
    let api = Api::start().await;
    let admin = api.admin();
    let ada = api.user("ada").await;
    let group = api.group("staff", &[]).await;
    let (add, remove) =
        (format!("/core/groups/{group}/add_user/"), format!("/core/groups/{group}/remove_user/"));
    let path = format!("/core/groups/{group}/");
    for _twice in 0..2 {
        assert_eq!(admin.post(&add, &json!({"pk": ada.0})).await.line(), "204 ");
        assert_eq!(admin.get(&path).await.expect(200)["users"], json!([ada.0]));
    }
    for _twice in 0..2 {
        assert_eq!(admin.post(&remove, &json!({"pk": ada.0.to_string()})).await.line(), "204 ");
        assert_eq!(admin.get(&path).await.expect(200)["users"], json!([]));
    }
    assert_eq!(admin.post(&add, &json!({})).await.expect(400), json!({"pk": ["This field is required."]}));
    let told = admin.post(&add, &json!({"pk": "ada"})).await.expect(400);
    assert_eq!(told, json!({"pk": ["A valid integer is required."]}));
    assert_eq!(admin.post(&add, &json!({"pk": 999})).await.expect(404), json!({"detail": "Not found."}));
    let nobody = "/core/groups/00000000-0000-4000-8000-000000000000/add_user/";
    let missing = json!({"detail": "No Group matches the given query."});
    assert_eq!(admin.post(nobody, &json!({"pk": "ada"})).await.expect(404), missing);
}

#[tokio::test]
async fn a_list_is_narrowed_down_by_filters() {
    let api = Api::start().await;
    let (ada, bob) = (api.user("ada").await, api.user("bob").await);
    api.group_with("staff", &[ada, bob], |group| {
        group.attributes.insert("room".into(), json!({"floor": 1}));
    })
    .await;
    api.group("crew", &[bob]).await;
    let admin = api.admin();
    let found = async |query: &str| admin.get(&format!("/core/groups/?{query}")).await.column("name");
    assert_eq!(found("").await, ["admins", "crew", "staff"]);
    assert_eq!(found("ordering=-name").await, ["staff", "crew", "admins"]);
    assert_eq!(found("name=crew").await, ["crew"]);
    assert_eq!(found("is_superuser=true").await, ["admins"]);
    assert_eq!(found(&format!("members_by_pk={ada}")).await, ["staff"]);
    assert_eq!(found("members_by_username=ada&members_by_username=bob").await, ["crew", "staff"]);
    assert_eq!(found("attributes=%7B%22room%22%3A%7B%22floor%22%3A1%7D%7D").await, ["staff"]);
    assert_eq!(found("search=RE").await, ["crew"]);
    let shown = admin.get("/core/groups/?name=staff&include_users=false").await.expect(200);
    assert_eq!(shown["results"][0]["users_obj"], Value::Null);
    assert_eq!(shown["results"][0]["users"], json!([ada.0, bob.0]));

    let told = async |query: &str| admin.get(&format!("/core/groups/?{query}")).await.expect(400);
    assert_eq!(told("members_by_pk=x").await, json!({"members_by_pk": ["“x” is not a valid value."]}));
    let choice = "Select a valid choice. 999 is not one of the available choices.";
    assert_eq!(told("members_by_pk=999").await, json!({"members_by_pk": [choice]}));
}

#[tokio::test]
async fn what_refers_to_a_group_is_told() {
    let api = Api::start().await;
    let ada = api.user("ada").await;
    let group = api.group("staff", &[ada]).await;
    let below = api.group_with("night shift", &[], |below| below.parents = vec![group]).await;
    let told = api.admin().get(&format!("/core/groups/{group}/used_by/")).await.expect(200);
    let expected = json!([
        {
            "app": "authentik_core", "model_name": "group", "pk": below.to_string(),
            "name": "Group night shift", "action": "set_null",
        },
        {
            "app": "authentik_core", "model_name": "user", "pk": ada.to_string(), "name": "ada",
            "action": "cascade_many",
        },
    ]);
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_deleted_group_leaves_its_members() {
    let api = Api::start().await;
    let admin = api.admin();
    let ada = api.user("ada").await;
    let group = api.group("staff", &[ada]).await;
    assert_eq!(admin.delete(&format!("/core/groups/{group}/")).await.line(), "204 ");
    assert_eq!(admin.delete(&format!("/core/groups/{group}/")).await.status, 404);
    assert_eq!(admin.get(&format!("/core/users/{ada}/")).await.expect(200)["groups"], json!([]));
}
