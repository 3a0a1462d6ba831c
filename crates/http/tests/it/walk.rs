//! Every operation in every status that the document tells of. What each answer says is judged as it arrives:
//! see `harness::contract`.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Map;

use crate::harness::contract::{Operation, served};
use crate::harness::objects::Objects;
use crate::harness::{Answer, Api, Client};

/// Why a documented status cannot be provoked. Whatever this says of a status that was seen is a fault, too.
fn cannot_be_provoked(operation: &Operation, status: u16) -> Option<&'static str> {
    let is_list = operation.takes("page");
    match status {
        400 if operation.request().is_none() && !is_list => Some("nothing is read that could be wrong"),
        403 if is_public(operation) => Some("whoever asks is answered"),
        _other => None,
    }
}

/// An empty alternative lets everybody in.
fn is_public(operation: &Operation) -> bool {
    let alternatives = operation.node["security"].as_array();
    alternatives.is_some_and(|them| them.iter().any(|it| it.as_object().is_some_and(Map::is_empty)))
}

#[tokio::test]
async fn every_operation_is_seen_in_every_documented_status() {
    let api = Api::start().await;
    let objects = Objects::new(api.admin());
    for operation in served() {
        for status in operation.statuses() {
            if cannot_be_provoked(&operation, status).is_none() {
                let answer = provoke(&api, &objects, &operation, status).await;
                assert_eq!(answer.status, status, "{}: {}", operation.id(), answer.text);
            }
        }
    }

    let seen = api.seen.lock().expect("nobody else looks").clone();
    let told: BTreeSet<(String, u16)> = served()
        .iter()
        .flat_map(|operation| operation.statuses().map(|status| (operation.id().to_owned(), status)))
        .collect();
    let impossible: BTreeSet<(String, u16)> = served()
        .iter()
        .flat_map(|operation| {
            let statuses =
                operation.statuses().filter(|status| cannot_be_provoked(operation, *status).is_some());
            statuses.map(|status| (operation.id().to_owned(), status))
        })
        .collect();
    let unseen: BTreeSet<_> = told.difference(&seen).cloned().collect();
    assert_eq!(unseen, impossible, "what was not seen is what cannot be provoked");
}

async fn provoke(api: &Api, objects: &Objects, operation: &Operation, status: u16) -> Answer {
    let admin = api.admin();
    match status {
        200..300 => {
            let (path, body) = (objects.path(operation).await, objects.request(operation).await);
            ask(&admin, operation, &path, body).await
        }
        400 if operation.request().is_some() => {
            let path = objects.path(operation).await;
            ask(&admin, operation, &path, Some("[]".to_owned())).await
        }
        400 => ask(&admin, operation, &format!("{}?search=%00", operation.path), None).await,
        403 => ask(&api.anonymous(), operation, &Objects::path_to_nobody(operation), None).await,
        404 if operation.has_key() => {
            let body = objects.request(operation).await;
            ask(&admin, operation, &Objects::path_to_nobody(operation), body).await
        }
        404 if operation.takes("page") => {
            ask(&admin, operation, &format!("{}?page=999999", operation.path), None).await
        }
        404 => ask(&admin, operation, &format!("{}?format=nothing", operation.path), None).await,
        406 => ask(&admin.with("accept", "text/html"), operation, operation.path, None).await,
        other => panic!("{} documents {other}: say here how it is provoked", operation.id()),
    }
}

async fn ask(client: &Client, operation: &Operation, path: &str, body: Option<String>) -> Answer {
    let method = Method::from_bytes(operation.method.to_uppercase().as_bytes()).expect("a method");
    client.send(method, path, body).await
}
