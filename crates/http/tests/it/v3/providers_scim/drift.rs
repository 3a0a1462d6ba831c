//! `/providers/scim/{id}/drift/`.

use scimitar_domain::{Clock, Difference, LinkId, ObjectId, ProviderPk, UserPk};
use scimitar_store::drift::{self, Found};
use scimitar_store::{jobs, links};
use serde_json::json;
use uuid::Uuid;

use super::provider;
use crate::harness::Api;

#[tokio::test]
async fn what_differs_is_listed_and_counted_and_a_check_can_be_asked_for() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = provider(&admin, "a").await;
    let path = format!("/providers/scim/{pk}/drift/");
    let user = admin.post("/core/users/", &json!({"username": "ada", "name": "Ada"})).await.expect(201)["pk"]
        .clone();
    let object = ObjectId::User(UserPk(serde_json::from_value(user.clone()).unwrap()));
    let (provider, id, now) =
        (ProviderPk(i32::try_from(pk).unwrap()), LinkId(Uuid::from_u128(7)), api.clock.now());
    let differs = Difference { attribute: "title".to_owned(), sent: json!("x"), found: json!(null) };
    let found = Found { link: id, is_missing: false, differences: vec![differs], is_repaired: true };
    api.write(move |conn| {
        links::insert(conn, id, provider, object, "u1")?;
        let number = drift::begin(conn, provider, true, now)?;
        drift::note(conn, provider, number, std::slice::from_ref(&found), 3, now)?;
        drift::finish(conn, provider, number, 2, None, now)
    })
    .await;

    let listed = admin.get(&path).await.expect(200)["results"][0].clone();
    assert_eq!((&listed["user"], &listed["group"], &listed["name"]), (&user, &json!(null), &json!("ada")));
    assert_eq!(
        (&listed["remote_id"], &listed["missing"], &listed["repaired"]),
        (&json!("u1"), &json!(false), &json!(true))
    );
    assert_eq!(listed["differences"], json!([{"attribute": "title", "sent": "x", "found": null}]));
    let status = admin.get(&format!("/providers/scim/{pk}/sync/status/")).await.expect(200)["drift"].clone();
    assert_eq!((&status["compared"], &status["differing"]), (&json!(3), &json!(1)));
    assert_eq!(
        (&status["missing"], &status["unmanaged"], &status["detail"]),
        (&json!(0), &json!(2), &json!(null))
    );

    admin.post(&path, &json!({"repair": true})).await.expect(204);
    let jobs = api.write(move |conn| jobs::of_lane(conn, &format!("provider:{pk}"), 10)).await;
    assert!(jobs.iter().any(|job| job.kind == "drift"), "{jobs:?}");
    admin.post(&path, &json!({"repair": 7})).await.expect(400);
    admin.get("/providers/scim/999999/drift/").await.expect(404);
}
