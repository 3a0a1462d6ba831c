//! `/providers/scim/{id}/adoptions/`.

use scimitar_domain::{Candidate, MatchedBy, ObjectId, ProviderPk, UserPk};
use scimitar_store::{adoptions, links};
use serde_json::json;

use super::provider;
use crate::harness::Api;

fn candidate(remote_id: &str) -> Candidate {
    Candidate { remote_id: remote_id.to_owned(), matched_by: MatchedBy::Name, value: "ada".to_owned() }
}

#[tokio::test]
async fn what_could_be_adopted_is_listed_and_settled() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = provider(&admin, "a").await;
    let path = format!("/providers/scim/{pk}/adoptions/");
    let ada = admin.post("/core/users/", &json!({"username": "ada", "name": "Ada"})).await.expect(201);
    let (user, key) = (ada["pk"].clone(), UserPk(serde_json::from_value(ada["pk"].clone()).unwrap()));
    let provider = ProviderPk(i32::try_from(pk).unwrap());
    let found = vec![(ObjectId::User(key), vec![candidate("u1"), candidate("u2")])];
    api.write(move |conn| adoptions::note(conn, provider, &found)).await;

    let listed = admin.get(&path).await.expect(200);
    let of_name = |id: &str| json!({"remote_id": id, "matched_by": "name", "value": "ada"});
    assert_eq!(
        listed["results"],
        json!([{"user": user, "group": null, "name": "ada", "state": "ambiguous",
                "candidates": [of_name("u1"), of_name("u2")]}])
    );
    assert_eq!(admin.get(&format!("{path}?state=match")).await.expect(200)["pagination"]["count"], 0);
    assert_eq!(
        admin.get(&format!("{path}?state=x")).await.expect(400),
        json!({"state": ["Select a valid choice. x is not one of the available choices."]})
    );
    admin.post(&format!("{path}discover/"), &json!({})).await.expect(204);
    admin.post(&path, &json!({"user": user, "remote_id": "u2"})).await.expect(204);
    let linked = api.write(move |conn| links::of_objects(conn, provider, &[ObjectId::User(key)])).await;
    assert_eq!(linked[0].state.remote_id(), Some("u2"));
    assert_eq!(admin.get(&path).await.expect(200)["results"], json!([]));
    let refused = admin.post(&path, &json!({"user": user, "remote_id": "u3"})).await.expect(400);
    assert_eq!(
        refused["non_field_errors"][0],
        "The object has another remote resource, or the remote resource stands for another object."
    );

    let staff = admin.post("/core/groups/", &json!({"name": "staff"})).await.expect(201);
    admin.patch(&format!("/providers/scim/{pk}/"), &json!({"filter_group": staff["pk"]})).await.expect(200);
    let eve = admin.post("/core/users/", &json!({"username": "eve", "name": "Eve"})).await.expect(201);
    let refused = admin.post(&path, &json!({"user": eve["pk"], "remote_id": "u3"})).await.expect(400);
    assert_eq!(refused["non_field_errors"][0], "The object is not in the provider's scope.");
}

#[tokio::test]
async fn one_object_that_exists_has_to_be_named() {
    let api = Api::start().await;
    let admin = api.admin();
    let path = format!("/providers/scim/{}/adoptions/", provider(&admin, "a").await);
    let nobody = "00000000-0000-4000-8000-00000000dead";
    let either = "Either a user or a group has to be named.";
    for (request, expected) in [
        (json!({}), json!({"remote_id": ["This field is required."], "user": [either]})),
        (json!({"user": 1, "group": nobody, "remote_id": "u1"}), json!({"user": [either]})),
        (
            json!({"user": 999_999, "remote_id": "u1"}),
            json!({"user": ["Invalid pk \"999999\" - object does not exist."]}),
        ),
        (
            json!({"group": nobody, "remote_id": "u1"}),
            json!({"group": [format!("Invalid pk \"{nobody}\" - object does not exist.")]}),
        ),
    ] {
        assert_eq!(admin.post(&path, &request).await.expect(400), expected, "{request}");
    }
    for missing in ["/providers/scim/999999/adoptions/", "/providers/scim/999999/adoptions/discover/"] {
        admin.post(missing, &json!({"user": 1, "remote_id": "u1"})).await.expect(404);
    }
    admin.get("/providers/scim/999999/adoptions/").await.expect(404);
}
