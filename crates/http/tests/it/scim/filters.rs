//! What indexes say of a filter must be what the filter says: random filters over a directory full of oddities.

use std::collections::BTreeSet;

use scimitar_domain::{Clock, GroupId, IdSource, ObjectId, SeededIds, Source, SourceLinkFields, Timestamp};
use scimitar_scim::filter::{Filter, Rules, Unknown};
use scimitar_scim::schema::{Registry, ResourceType};
use scimitar_store::source_links;
use serde_json::{Value, json};

use super::{id_of, source};
use crate::harness::{Api, Client};

/// Chance that is the same in every run.
struct Dice(SeededIds);

impl Dice {
    fn below(&self, n: usize) -> usize {
        let bytes = self.0.bytes();
        usize::from(u16::from_be_bytes([bytes[0], bytes[1]])) % n
    }

    fn one<'a>(&self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const WORDS: [&str; 8] = ["ada", "ADA", "Zoë", "zoË", "a_%", "ada lovelace", "İx", "b"];
const EMAILS: [&str; 6] = ["ada@x.example", "ADA@X.example", "zoe@y.example", "%@y.example", "b@b", "ada"];

/// Resources as clients send them, and as people can write them through the API.
fn user(dice: &Dice, n: usize) -> Value {
    let mut user = json!({"userName": format!("{} {n}", dice.one(&WORDS))});
    if dice.below(3) > 0 {
        user["displayName"] = json!(dice.one(&WORDS));
    }
    if dice.below(3) > 0 {
        user["active"] = json!(dice.below(2) == 0);
    }
    let emails: Vec<Value> = (0..dice.below(3))
        .map(|_| json!({"value": dice.one(&EMAILS), "type": dice.one(&["work", "home"])}))
        .collect();
    user["emails"] = json!(emails);
    user["externalId"] = json!(format!("{}{n}", dice.one(&["x", "X"])));
    user
}

fn oddities() -> Vec<Value> {
    vec![
        json!({}),
        json!([]),
        json!({"USERNAME": "ada", "active": "True", "displayName": 7}),
        json!({"userName": "ADA odd", "active": "false", "Emails": [{"VALUE": "ada@x.example"}]}),
        json!({"userName": "zoë", "active": 7, "emails": {"value": "ada@x.example", "type": "work"}}),
        json!({"userName": "b", "active": true, "emails": ["ada@x.example"], "externalid": "x1"}),
        json!({"userName": null, "active": null, "displayName": null, "emails": null}),
        json!({"userName": "x".repeat(600), "active": true, "displayName": "ada".repeat(200)}),
    ]
}

async fn keep(api: &Api, source: &Source, id: &str, object: ObjectId, resource: Value) {
    let (now, external_id) = (api.clock.now(), None);
    let fields = SourceLinkFields { id: id.to_owned(), source: source.id, object, external_id, resource };
    api.write(move |conn| source_links::insert(conn, &fields, now)).await;
}

/// A directory, and what filters on it may ask for: ids of users, of groups, moments.
async fn directory(
    api: &Api,
    source: &Source,
    client: &Client,
    dice: &Dice,
) -> (Vec<String>, Vec<String>, Vec<Timestamp>) {
    let (mut users, mut groups, mut moments) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..24 {
        api.clock.advance(chrono::TimeDelta::milliseconds(700));
        moments.push(api.clock.now());
        users.push(id_of(&client.post("/Users", &user(dice, n)).await.expect(201)));
    }
    for (n, resource) in oddities().into_iter().enumerate() {
        let pk = api.user(&format!("{} odd{n}", WORDS[n])).await;
        keep(api, source, &format!("odd{n}"), ObjectId::User(pk), resource).await;
    }
    for n in 0..8 {
        let members: Vec<Value> =
            (0..dice.below(5)).map(|_| json!({"value": users[dice.below(24)]})).collect();
        let name = format!("{}{}", dice.one(&WORDS), if n < 4 { "" } else { " " }.repeat(n));
        let body = json!({"displayName": format!("{name}{n}"), "members": members});
        groups.push(id_of(&client.post("/Groups", &body).await.expect(201)));
    }
    for (n, resource) in
        [json!({}), json!({"DISPLAYNAME": "ada"}), json!({"displayName": 7})].iter().enumerate()
    {
        let id: GroupId = api.group(&format!("odd{n}"), &[]).await;
        keep(api, source, &format!("group{n}"), ObjectId::Group(id), resource.clone()).await;
    }
    // Changes, so that terms were rewritten and moments differ.
    for n in [1, 5, 9] {
        api.clock.advance(chrono::TimeDelta::seconds(5));
        moments.push(api.clock.now());
        client.put(&format!("/Users/{}", users[n]), &user(dice, n)).await.expect(200);
    }
    (users, groups, moments)
}

struct Pool {
    users: Vec<String>,
    groups: Vec<String>,
    moments: Vec<Timestamp>,
}

impl Pool {
    fn moment(&self, dice: &Dice) -> String {
        let at = self.moments[dice.below(self.moments.len())];
        let nanos = chrono::TimeDelta::nanoseconds([0, 0, 1, -1][dice.below(4)]);
        (at + nanos).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
    }

    fn user_leaf(&self, dice: &Dice) -> String {
        let text = dice.one(&["eq", "eq", "co", "sw", "ew", "ne", "gt"]);
        let word = dice.one(&["ada", "zoË", "a_%", "i̇x", "B", "", "ada 3", "zoë 7", "b 5"]);
        let email = dice.one(&EMAILS);
        match dice.below(14) {
            0 => format!("userName {text} \"{word}\""),
            1 => format!("displayName {text} \"{word}\""),
            2 => format!("emails.value {text} \"{email}\""),
            3 => format!("emails {text} \"{email}\""),
            4 => format!("emails[type eq \"{}\" and value eq \"{email}\"]", dice.one(&["work", "HOME"])),
            5 => format!("emails[value eq \"{email}\"]"),
            6 => format!("active {} {}", dice.one(&["eq", "ne"]), dice.one(&["true", "false", "\"True\""])),
            7 => format!("externalId eq \"{}{}\"", dice.one(&["x", "X"]), dice.below(24)),
            8 => format!("id eq \"{}\"", self.users[dice.below(24)]),
            9 => {
                format!("meta.lastModified {} \"{}\"", dice.one(&["gt", "ge", "lt", "eq"]), self.moment(dice))
            }
            10 => format!("groups.value eq \"{}\"", self.groups[dice.below(8)]),
            11 => format!("groups[value eq \"{}\"]", self.groups[dice.below(8)]),
            12 => format!("{} pr", dice.one(&["displayName", "emails", "title", "active", "groups"])),
            _ => format!("emails[type eq \"work\"].value eq \"{email}\""),
        }
    }

    fn group_leaf(&self, dice: &Dice) -> String {
        let text = dice.one(&["eq", "co", "sw", "ew", "ne", "le"]);
        let member = &self.users[dice.below(24)];
        match dice.below(7) {
            0 | 1 => {
                format!("displayName {text} \"{}\"", dice.one(&["ada0", "zoë1", "odd1", "ADA", "7", "a_%"]))
            }
            2 => format!("members.value eq \"{member}\""),
            3 => format!("members[value eq \"{member}\"]"),
            4 => format!("members eq \"{}\"", member.to_uppercase()),
            5 => format!("meta.lastModified {} \"{}\"", dice.one(&["gt", "ge"]), self.moment(dice)),
            _ => format!("id eq \"{}\"", self.groups[dice.below(8)]),
        }
    }
}

/// Leaves, put together by chance.
fn tree(dice: &Dice, leaf: &dyn Fn(&Dice) -> String, depth: usize) -> String {
    let inner = || tree(dice, leaf, depth.saturating_sub(1));
    match if depth == 0 { 9 } else { dice.below(10) } {
        0..=2 => format!("({} and {})", inner(), inner()),
        3..=5 => format!("({} or {})", inner(), inner()),
        6 => format!("not ({})", inner()),
        _ => leaf(dice),
    }
}

fn ids(page: &Value) -> Vec<String> {
    page["Resources"].as_array().expect("resources").iter().map(id_of).collect()
}

/// Everything of a kind, as it is shown.
async fn everything(client: &Client, endpoint: &str) -> Vec<Value> {
    let page = client.get(&format!("{endpoint}?count=1000")).await.expect(200);
    page["Resources"].as_array().expect("resources").clone()
}

async fn compare(
    client: &Client,
    endpoint: &str,
    schema: &ResourceType,
    all: &[Value],
    filter: &str,
) -> usize {
    let parsed = Filter::parse(filter, &Rules::LENIENT).unwrap_or_else(|error| panic!("{filter}: {error}"));
    let condition =
        parsed.check(schema, Unknown::Refused).unwrap_or_else(|error| panic!("{filter}: {error}"));
    let says = |resource: &&Value| condition.matches(resource.as_object().expect("an object"));
    let expected: Vec<String> = all.iter().filter(says).map(id_of).collect();
    let page = client.post(&format!("{endpoint}/.search"), &json!({"filter": filter, "count": 1000})).await;
    assert_eq!(ids(&page.expect(200)), expected, "{filter}");
    assert_eq!(page.json()["totalResults"], json!(expected.len()), "{filter}");
    let (mut walked, mut body) = (Vec::new(), json!({"filter": filter, "count": 7, "cursor": ""}));
    while body["cursor"].is_string() {
        let page = client.post(&format!("{endpoint}/.search"), &body).await.expect(200);
        walked.extend(ids(&page));
        body["cursor"] = page["nextCursor"].clone();
    }
    assert_eq!(walked, expected, "{filter}");
    expected.len()
}

#[tokio::test]
async fn requirement_70_indexes_change_the_cost_and_not_the_answer() {
    let api = Api::start().await;
    let (entra, client) = source(&api, "entra").await;
    let (okta, other) = source(&api, "okta").await;
    let dice = Dice(SeededIds::new(7));
    // Of another source's resources nothing may be seen.
    let stranger = api.user("stranger").await;
    keep(&api, &okta, "stranger", ObjectId::User(stranger), json!({"userName": "ada", "active": true})).await;
    other.post("/Groups", &json!({"displayName": "ada theirs"})).await.expect(201);
    let (users, groups, moments) = directory(&api, &entra, &client, &dice).await;
    let (all_users, all_groups) = (everything(&client, "/Users").await, everything(&client, "/Groups").await);
    assert_eq!((all_users.len(), all_groups.len()), (32, 11));
    let pool = Pool { users, groups, moments };
    let registry = Registry::standard();
    let schema = |name: &str| registry.resource_type(name).expect("it is standard");
    let mut sizes = BTreeSet::new();
    for _ in 0..250 {
        let filter = tree(&dice, &|dice| pool.user_leaf(dice), 2);
        sizes.insert(compare(&client, "/Users", schema("User"), &all_users, &filter).await);
        let filter = tree(&dice, &|dice| pool.group_leaf(dice), 2);
        compare(&client, "/Groups", schema("Group"), &all_groups, &filter).await;
    }
    // Otherwise the filters had been about nothing.
    assert!(sizes.len() > 12, "{sizes:?}");
}
