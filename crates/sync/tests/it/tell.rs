//! Looking at a world: links, failures and requests, in lines that can be read.

use std::fmt::Write;

use serde_json::Value;

use scimitar_domain::{Clock, Lesson, Link, LinkState, ObjectId, ProviderPk};
use scimitar_store::{lessons, links};
use scimitar_testkit::remote::{Behaviour, FakeRemote, Recorded};
use scimitar_testkit::world::World;

pub(crate) async fn link_at(world: &World, provider: ProviderPk, object: ObjectId) -> Option<Link> {
    world.read(move |conn| links::of_objects(conn, provider, &[object])).await.pop()
}

pub(crate) async fn link(world: &World, object: ObjectId) -> Option<Link> {
    link_at(world, world.provider, object).await
}

/// `linked u1`, `new`, `creating`, `no link`; then what failed, how often, and whether it is tried again.
pub(crate) async fn state(world: &World, object: ObjectId) -> String {
    let Some(link) = link(world, object).await else { return "no link".to_owned() };
    let mut line = match &link.state {
        LinkState::New => "new".to_owned(),
        LinkState::Creating { .. } => "creating".to_owned(),
        LinkState::Linked { remote_id } => format!("linked {remote_id}"),
    };
    if let Some(attempt) = &link.attempt {
        let next = match attempt.next_at {
            Some(at) if at > world.clock.now() => "later again",
            Some(_) => "due again",
            None => "parked",
        };
        write!(line, "; {} x{}, {next}: {}", attempt.class.as_str(), attempt.count, attempt.detail).unwrap();
    }
    line
}

/// The transcript of writes with their bodies, one line each.
pub(crate) fn told(remote: &FakeRemote) -> String {
    let mut lines = String::new();
    for request in remote.requests().iter().filter(|request| request.is_write()) {
        let body = request.body.as_ref().map(|body| format!(" {}", operations(body))).unwrap_or_default();
        writeln!(lines, "{} {}{body}", request.method, request.path).unwrap();
    }
    lines
}

/// A PATCH is its operations; anything else is itself.
fn operations(body: &Value) -> String {
    match body.get("Operations").and_then(Value::as_array) {
        None => body.to_string(),
        Some(operations) => operations.iter().map(Value::to_string).collect::<Vec<_>>().join(" "),
    }
}

/// The lines of a transcript in alphabetical order: objects of one page are sent side by side.
pub(crate) fn sorted(transcript: &str) -> String {
    let mut lines: Vec<&str> = transcript.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// What the remote has refused, in the order of the kinds: what that teaches, and what the remote said.
pub(crate) async fn learned(world: &World) -> Vec<String> {
    let line = |it: &Lesson| format!("{} {}: {}", it.kind.as_str(), it.taught.as_str(), it.detail);
    lessons_of(world).await.iter().map(line).collect()
}

/// The same with the number that belongs to it.
pub(crate) async fn learned_with_values(world: &World) -> Vec<String> {
    let line = |it: &Lesson| {
        format!("{} {} {:?}: {}", it.kind.as_str(), it.taught.as_str(), it.taught.value(), it.detail)
    };
    lessons_of(world).await.iter().map(line).collect()
}

async fn lessons_of(world: &World) -> Vec<Lesson> {
    let provider = world.provider;
    world.read(move |conn| lessons::of_provider(conn, provider)).await
}

/// A world with discovery that rehearses, at a remote that refuses no duplicate. What comes later nobody has looked
/// for, and nothing is sent.
pub(crate) async fn rehearsing_discovery() -> World {
    let world = World::with(Behaviour::without_uniqueness()).await;
    world
        .change_provider(|provider| {
            provider.discovery_enabled = true;
            provider.dry_run = true;
        })
        .await;
    world.settle().await;
    world.remote.clear_requests();
    world
}

pub(crate) fn count(remote: &FakeRemote, is_meant: impl Fn(&Recorded) -> bool) -> usize {
    remote.requests().iter().filter(|request| is_meant(request)).count()
}
