//! The people, groups and engines that the tests share.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use scimitar_mapping::{
    Answer, ConnectionView, Engine, Expression, Limits, Lookup, MappingError, MappingSet, Outcome, Person,
    ProviderView, Scope, Subject, Team,
};
use serde_json::{Value, json};

/// Knows Ada and Grace, and that it is a Sunday in March.
pub(crate) struct Directory;

impl Lookup for Directory {
    fn user_by(&self, filters: &[(String, Value)]) -> Option<Person> {
        [ada(), grace()].into_iter().find(|person| {
            filters.iter().all(|(key, value)| match key.as_str() {
                "username" => *value == person.username,
                "email" => *value == person.email,
                "pk" => *value == person.pk,
                _ => false,
            })
        })
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2026-03-01T12:30:00Z").expect("a time").to_utc()
    }
}

/// Has everything.
pub(crate) fn ada() -> Person {
    Person {
        pk: 7,
        uuid: "6f0f9f9e-0000-4000-8000-000000000007".into(),
        uid: "a1b2c3".into(),
        username: "ada".into(),
        name: "Ada King Lovelace".into(),
        email: "ada@example.com".into(),
        is_active: true,
        kind: "internal".into(),
        path: "users/research".into(),
        attributes: json!({
            "settings": {"locale": "en_GB"},
            "department": "Research",
            "employeeNumber": 42,
            "phone": ["+44 1", "+44 2"],
            "manager": "grace",
            "address": {"city": "London", "zip": "N1"},
        }),
        date_joined: "2024-05-06T07:08:09.5Z".into(),
        last_login: Some("2026-02-28T10:00:00Z".into()),
        avatar: "https://example.com/ada.png".into(),
        groups: vec![engineers(), admins()],
        ancestors: vec![staff()],
    }
}

/// Has as little as possible.
pub(crate) fn grace() -> Person {
    Person {
        pk: 8,
        username: "grace".into(),
        name: "Grace".into(),
        kind: "external".into(),
        path: "users".into(),
        avatar: "data:image/svg+xml;base64,AAAA".into(),
        attributes: json!({}),
        date_joined: "2024-05-06T07:08:09Z".into(),
        ..Person::default()
    }
}

pub(crate) fn engineers() -> Team {
    Team {
        uuid: "11111111-0000-4000-8000-000000000001".into(),
        num_pk: 1001,
        name: "Engineers".into(),
        parent: Some("Staff".into()),
        attributes: json!({"tags": ["code"], "floor": 3, "scim": {"role": "user"}}),
        ..Team::default()
    }
}

pub(crate) fn admins() -> Team {
    Team {
        uuid: "11111111-0000-4000-8000-000000000002".into(),
        num_pk: 1002,
        name: "admins".into(),
        is_superuser: true,
        attributes: json!({"tags": ["root"], "scim": {"license": "full"}}),
        ..Team::default()
    }
}

pub(crate) fn staff() -> Team {
    Team {
        uuid: "11111111-0000-4000-8000-000000000003".into(),
        num_pk: 1003,
        name: "Staff".into(),
        attributes: json!({"floor": 1, "cost": "C-1"}),
        ..Team::default()
    }
}

pub(crate) fn of_user(person: Person) -> Scope {
    Scope {
        subject: Subject::User(person),
        provider: ProviderView { pk: 3, name: "app".into(), url: "https://app.example.com/scim/v2".into() },
        connection: None,
    }
}

pub(crate) fn of_group(team: Team) -> Scope {
    Scope {
        subject: Subject::Group(team),
        connection: Some(ConnectionView {
            id: "c0ffee00-0000-4000-8000-000000000000".into(),
            scim_id: "remote-1".into(),
            attributes: json!({"meta": {"version": "W/1"}}),
        }),
        ..of_user(Person::default())
    }
}

pub(crate) fn expression(name: &str, source: &str) -> Expression {
    // Equal sources may share compiled code.
    Expression { id: format!("{name}\n{source}"), version: 1, name: name.into(), source: Arc::from(source) }
}

pub(crate) fn engine_with(limits: Limits, threads: usize) -> Engine {
    Engine::start(limits, threads, Arc::new(Directory)).expect("threads start")
}

pub(crate) fn engine() -> Engine {
    engine_with(unhurried(), 1)
}

/// Time enough for a busy machine: where time is not the matter, it must not decide.
pub(crate) fn unhurried() -> Limits {
    Limits { time: Duration::from_secs(20), ..Limits::default() }
}

/// What an engine with little time answers in the end, when the machine has a moment for it.
pub(crate) async fn eventually(engine: &Engine, source: &str) -> Answer {
    let started = Instant::now();
    loop {
        match answer(engine, source).await {
            Ok(answer) => return answer,
            Err(error) => assert!(started.elapsed() < Duration::from_mins(2), "{error}"),
        }
        tokio::task::yield_now().await;
    }
}

/// Evaluates one expression for Ada.
pub(crate) async fn answer(engine: &Engine, source: &str) -> Result<Answer, MappingError> {
    engine.evaluate_one(expression("test", source), of_user(ada())).await
}

/// Evaluates expressions as a set, named in the order given.
pub(crate) async fn outcome(engine: &Engine, sources: &[&str]) -> Result<Outcome, MappingError> {
    let expressions =
        sources.iter().enumerate().map(|(at, source)| expression(&format!("m{at}"), source)).collect();
    engine.evaluate(Arc::new(MappingSet::new(expressions)), of_user(ada())).await
}
