//! From a scope to the values that the prelude builds its objects from.

use chrono::{DateTime, Datelike, Timelike};
use monty_types::{MontyDateTime, MontyObject};
use serde_json::{Map, Value};

use crate::{Expression, Person, Received, Scope, Subject, Team, compile::Compiled};

/// The values of [`INPUTS`](crate::compile::INPUTS), in their order.
pub(crate) fn inputs(scope: &Scope, expression: &Expression, compiled: &Compiled) -> Vec<MontyObject> {
    let mut inputs = match &scope.subject {
        Subject::User(person) if compiled.mentions_groups => Vec::from(person_parts(person)),
        Subject::User(person) => vec![fields(person), MontyObject::List(Vec::new()), MontyObject::Int(0)],
        Subject::Received(received) => {
            vec![self::received(received), MontyObject::List(Vec::new()), MontyObject::Int(0)]
        }
        Subject::Group(group) => vec![team(group), MontyObject::List(Vec::new()), MontyObject::Int(0)],
    };
    let provider = &scope.provider;
    inputs.push(MontyObject::Tuple(vec![
        MontyObject::Int(provider.pk),
        text(&provider.name),
        text(&provider.url),
    ]));
    inputs.push(scope.connection.as_ref().map_or(MontyObject::None, |connection| {
        let attributes = attributes(&connection.attributes);
        MontyObject::Tuple(vec![text(&connection.id), text(&connection.scim_id), attributes])
    }));
    inputs.push(MontyObject::Tuple(vec![text(&expression.id), text(&expression.name)]));
    if expression.source.contains("ak_user_by") {
        inputs.push(MontyObject::Function { name: "_host".to_owned(), docstring: None });
    }
    inputs
}

/// A user's own fields, all groups, and how many of them, at the front, are direct.
pub(crate) fn person_parts(person: &Person) -> [MontyObject; 3] {
    let mut groups: Vec<&Team> = person.groups.iter().collect();
    for ancestor in &person.ancestors {
        if groups.iter().all(|group| group.uuid != ancestor.uuid) {
            groups.push(ancestor);
        }
    }
    let direct = i64::try_from(person.groups.len()).unwrap_or(i64::MAX);
    [fields(person), MontyObject::List(groups.into_iter().map(team).collect()), MontyObject::Int(direct)]
}

/// The resource, the properties, the source, and the attributes by the names of variables.
fn received(received: &Received) -> MontyObject {
    let source = &received.source;
    let variable = |name: &str| -> String {
        name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect()
    };
    let variables = received.data.iter().map(|(name, value)| (text(&variable(name)), object(value)));
    MontyObject::Tuple(vec![
        dict(&received.data),
        dict(&received.properties),
        MontyObject::Tuple(vec![text(&source.pk), text(&source.name), text(&source.slug)]),
        MontyObject::dict(variables.collect::<Vec<_>>()),
    ])
}

fn fields(person: &Person) -> MontyObject {
    let superuser = person.groups.iter().chain(&person.ancestors).any(|group| group.is_superuser);
    MontyObject::Tuple(vec![
        MontyObject::Int(person.pk),
        text(&person.uuid),
        text(&person.uid),
        text(&person.username),
        text(&person.name),
        text(&person.email),
        MontyObject::Bool(person.is_active),
        text(&person.kind),
        text(&person.path),
        attributes(&person.attributes),
        moment(&person.date_joined),
        person.last_login.as_deref().map_or(MontyObject::None, moment),
        text(&person.avatar),
        MontyObject::Bool(superuser),
    ])
}

fn team(team: &Team) -> MontyObject {
    MontyObject::Tuple(vec![
        text(&team.uuid),
        MontyObject::Int(team.num_pk),
        text(&team.name),
        MontyObject::Bool(team.is_superuser),
        team.parent.as_deref().map_or(MontyObject::None, text),
        attributes(&team.attributes),
    ])
}

fn text(text: &str) -> MontyObject {
    MontyObject::String(text.to_owned())
}

/// Attributes are a dict, whatever is stored.
fn attributes(value: &Value) -> MontyObject {
    if value.is_object() { object(value) } else { MontyObject::dict(Vec::new()) }
}

fn object(value: &Value) -> MontyObject {
    match value {
        Value::Null => MontyObject::None,
        Value::Bool(value) => MontyObject::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(value) => MontyObject::Int(value),
            None => MontyObject::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(value) => text(value),
        Value::Array(values) => MontyObject::List(values.iter().map(object).collect()),
        Value::Object(map) => dict(map),
    }
}

fn dict(map: &Map<String, Value>) -> MontyObject {
    MontyObject::dict(map.iter().map(|(key, value)| (text(key), object(value))).collect::<Vec<_>>())
}

/// A time as Python's `datetime`; as text where it is no RFC 3339.
fn moment(rfc3339: &str) -> MontyObject {
    DateTime::parse_from_rfc3339(rfc3339).map_or_else(|_| text(rfc3339), |moment| date_time(&moment))
}

pub(crate) fn date_time<Z: chrono::TimeZone>(moment: &DateTime<Z>) -> MontyObject {
    let local = moment.naive_local();
    MontyObject::DateTime(MontyDateTime {
        year: local.year(),
        month: u8::try_from(local.month()).unwrap_or(1),
        day: u8::try_from(local.day()).unwrap_or(1),
        hour: u8::try_from(local.hour()).unwrap_or(0),
        minute: u8::try_from(local.minute()).unwrap_or(0),
        second: u8::try_from(local.second()).unwrap_or(0),
        microsecond: (local.nanosecond() / 1000).min(999_999),
        offset_seconds: Some(chrono::Offset::fix(moment.offset()).local_minus_utc()),
        timezone_name: None,
    })
}
