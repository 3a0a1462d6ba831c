//! Lists and searches (requirements 45 to 72, 82 to 88).

use serde_json::{Value, json};

use super::{id_of, make_user, source};
use crate::harness::{Answer, Api, Client};

#[track_caller]
fn names(answer: &Answer) -> Vec<String> {
    let page = answer.expect(200);
    assert_eq!(page["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]));
    let resources = page["Resources"].as_array().expect("a page has resources");
    assert_eq!(page["itemsPerPage"], json!(resources.len()));
    let name = |it: &Value| it.get("userName").or(it.get("displayName")).cloned().unwrap_or_default();
    resources.iter().map(|it| name(it).as_str().expect("a name").to_owned()).collect()
}

async fn find(client: &Client, endpoint: &str, filter: &str) -> Answer {
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter});
    client.post(&format!("{endpoint}/.search"), &body).await
}

/// Four users, one of them retired, and two groups.
async fn people(api: &Api, client: &Client) -> (Vec<String>, Vec<String>) {
    let mut users = Vec::new();
    for (name, title, active, email) in [
        ("Ada", "Countess", true, "ada@work.example"),
        ("grace", "Admiral", true, "grace@work.example"),
        ("linus", "", false, "linus@home.example"),
        ("zoë", "countess", true, "zoe_%@work.example"),
    ] {
        let body = json!({
            "userName": name, "externalId": format!("x-{name}"), "title": title, "active": active,
            "emails": [{"value": email, "type": "work"}, {"value": "shared@x.example", "type": "other"}],
        });
        api.clock.advance(chrono::TimeDelta::seconds(1));
        users.push(id_of(&client.post("/Users", &body).await.expect(201)));
    }
    let mut groups = Vec::new();
    for (name, members) in [("staff", vec![0, 1]), ("crew", vec![1])] {
        let members: Vec<Value> = members.into_iter().map(|n: usize| json!({"value": users[n]})).collect();
        api.clock.advance(chrono::TimeDelta::seconds(1));
        groups.push(id_of(
            &client.post("/Groups", &json!({"displayName": name, "members": members})).await.expect(201),
        ));
    }
    (users, groups)
}

#[tokio::test]
async fn requirements_46_to_51_pages_and_their_order() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let empty = client.get("/Users?filter=userName%20eq%20%22x%22").await.expect(200);
    assert_eq!((&empty["totalResults"], &empty["Resources"]), (&json!(0), &json!([])));
    for n in 1..=5 {
        api.clock.advance(chrono::TimeDelta::seconds(1));
        make_user(&client, &format!("u{n}")).await;
    }
    for (query, expected) in [
        ("", vec!["u1", "u2", "u3", "u4", "u5"]),
        ("startIndex=1&count=2", vec!["u1", "u2"]),
        ("startIndex=3&count=2&", vec!["u3", "u4"]),
        ("startIndex=5&count=2", vec!["u5"]),
        ("startIndex=0&count=1", vec!["u1"]),
        ("startIndex=-7&count=1", vec!["u1"]),
        ("count=0", vec![]),
        ("count=-1", vec![]),
        ("startIndex=99", vec![]),
        ("sortBy=userName&sortOrder=descending&count=2", vec!["u5", "u4"]),
        ("sortBy=meta.created&startIndex=4", vec!["u4", "u5"]),
        ("filter=userName%20pr&startIndex=2&count=3", vec!["u2", "u3", "u4"]),
    ] {
        let answer = client.get(&format!("/Users?{query}")).await;
        assert_eq!(names(&answer), expected, "{query}");
        assert_eq!(answer.json()["totalResults"], json!(5), "{query}");
    }
    for query in
        ["startIndex=x", "count=1.5", "sortBy=nonsense", "sortBy=password", "count=1&count=2", "cursor=abc"]
    {
        client.get(&format!("/Users?{query}")).await.expect(400);
    }
}

#[tokio::test]
async fn requirements_55_to_66_filters_mean_what_they_say() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let (users, groups) = people(&api, &client).await;
    for (filter, expected) in [
        ("userName eq \"ADA\"", vec!["Ada"]),
        ("userName Eq \"ZOË\"", vec!["zoë"]),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"ada\"", vec!["Ada"]),
        ("externalId eq \"x-Ada\"", vec!["Ada"]),
        ("externalId eq \"x-ada\"", vec![]),
        ("userName eq \"ada\" and title eq \"admiral\"", vec![]),
        ("userName eq \"ada\" or title eq \"admiral\"", vec!["Ada", "grace"]),
        ("title eq \"countess\" and not (userName sw \"z\")", vec!["Ada"]),
        ("active eq false", vec!["linus"]),
        ("userName eq \"a\\u0000\"", vec![]),
        ("active eq \"True\" and title pr", vec!["Ada", "grace", "zoë"]),
        ("emails.value ew \"@home.example\"", vec!["linus"]),
        ("emails co \"_%\"", vec!["zoë"]),
        ("emails[type eq \"work\" and value sw \"grace\"]", vec!["grace"]),
        ("emails[type eq \"other\" and value sw \"grace\"]", vec![]),
        ("emails[type eq \"work\"].value eq \"ada@work.example\"", vec!["Ada"]),
        ("meta.created gt \"2020-01-01T00:00:00+01:00\" and userName eq \"ada\"", vec!["Ada"]),
        ("meta.lastModified lt \"2020-01-01T00:00:00Z\"", vec![]),
        ("schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\" and userName eq \"ada\"", vec!["Ada"]),
    ] {
        assert_eq!(names(&find(&client, "/Users", filter).await), expected, "{filter}");
    }
    let (ada, grace, staff) = (&users[0], &users[1], &groups[0]);
    for (endpoint, filter, expected) in [
        ("/Users", format!("id eq \"{ada}\""), vec!["Ada"]),
        ("/Users", format!("groups.value eq \"{staff}\""), vec!["Ada", "grace"]),
        ("/Users", "groups[display eq \"crew\"]".to_owned(), vec!["grace"]),
        ("/Groups", "displayName eq \"STAFF\"".to_owned(), vec!["staff"]),
        ("/Groups", format!("members eq \"{grace}\""), vec!["staff", "crew"]),
        ("/Groups", format!("id eq \"{staff}\" and members[value eq \"{ada}\"]"), vec!["staff"]),
        ("/Groups", format!("id eq \"{staff}\" and members eq \"{}\"", users[2]), vec![]),
        ("/Groups", format!("not (members.value eq \"{ada}\")"), vec!["crew"]),
        ("", "userName eq \"ada\" or displayName eq \"crew\"".to_owned(), vec!["Ada", "crew"]),
    ] {
        assert_eq!(names(&find(&client, endpoint, &filter).await), expected, "{filter}");
    }
    assert_eq!(names(&client.get("?sortBy=id&count=2").await).len(), 2);
}

#[tokio::test]
async fn requirements_64_to_71_what_nobody_understands_is_refused() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    people(&api, &client).await;
    for filter in [
        "nonsense eq \"x\"",
        "userName eq \"ada\" and nonsense eq \"x\"",
        "userName is \"ada\"",
        "userName eq",
        "not userName pr",
        "active gt true",
        "password eq \"x\"",
        "userName eq \"a",
        " ",
        "userName eq \"a\\u0000\" and nonsense pr",
        "displayNam pr or userName pr",
        "members.value eq \"x\"",
        "userName eq \"a\\u0000\" and (",
    ] {
        let answer = find(&client, "/Users", filter).await;
        assert_eq!(answer.expect(400)["scimType"], "invalidFilter", "{filter}");
    }
    let long = format!("userName eq \"{}\"", "x".repeat(9000));
    let deep = format!("{}userName pr{}", "(".repeat(10_000), ")".repeat(10_000));
    let wide = vec!["userName pr"; 300].join(" or ");
    for filter in [long, deep, wide] {
        assert_eq!(find(&client, "/Users", &filter).await.expect(400)["scimType"], "invalidFilter");
    }
}

#[tokio::test]
async fn requirements_82_and_88_a_search_shows_what_is_asked_for() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    people(&api, &client).await;
    let body = json!({"filter": "userName eq \"ada\"", "attributes": ["title", "emails.value"]});
    let page = client.post("/Users/.search", &body).await.expect(200);
    let shown: Vec<_> = page["Resources"][0].as_object().unwrap().keys().cloned().collect();
    assert!(["title", "emails", "id"].iter().all(|name| shown.contains(&(*name).to_owned())), "{shown:?}");
    assert!(!shown.contains(&"userName".to_owned()));
    let groups = client.get("/Groups?excludedAttributes=members").await.expect(200);
    assert_eq!((&groups["totalResults"], &groups["Resources"][0]["members"]), (&json!(2), &Value::Null));
    let (_, other) = source(&api, "okta").await;
    assert!(names(&other.get("").await).is_empty());
    other.get("/.search").await.expect(405);
}
