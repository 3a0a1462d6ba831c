//! Reading a large directory through the API: lists with filters and searches, single objects, large groups.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::json;

use super::binaries::Binaries;
use super::connection::Connection;
use super::crowd::{percentile, side_by_side, wait_until};
use super::figure::Figure;
use super::{per_second, scaled};
use crate::program::{Api, Launch, newcomers};

const N_USERS: usize = 100_000;
const N_GROUPS: usize = 10_000;
/// In each group, so that there are a million memberships.
const N_MEMBERS: usize = 100;
const N_IN_THE_LARGE_GROUP: usize = 50_000;
/// List pages that are asked for in a second, and for how long.
const RATE: u64 = 100;
const SECONDS: u64 = 5;
const N_CONNECTIONS: usize = 32;
const N_RETRIEVED: usize = 40_000;
const N_JOINS: usize = 200;

pub(super) async fn run(binaries: &Binaries, scale: f64) -> Result<Vec<Figure>> {
    let (n_users, n_groups) = (scaled(N_USERS, scale), scaled(N_GROUPS, scale));
    let program = Launch::serve(&binaries.scimitar)?.start()?;
    let api = program.api()?;
    let users = api.create_users(newcomers("user", n_users)).await?;
    api.create_groups("group", n_groups, &users, N_MEMBERS).await?;
    let large = a_group(&api, "large", users.get(..scaled(N_IN_THE_LARGE_GROUP, scale))).await?;
    let empty = a_group(&api, "empty", None).await?;

    let address = program.address();
    let mut figures = Vec::new();
    for (what, paths) in pages(n_users) {
        let times = tokio::task::spawn_blocking(move || at_a_rate(address, &paths)).await??;
        let slow = percentile(times, 0.99);
        figures.push(Figure::at_most(
            &format!("{what}, p99 at {RATE} pages of 100 a second"),
            slow,
            50.0,
            "ms",
        ));
    }
    let alone = format!("/core/groups/{large}/?include_users=false");
    let times = tokio::task::spawn_blocking(move || at_a_rate(address, &[alone])).await??;
    let slow = percentile(times, 0.99);
    figures.push(Figure::at_most("a group of 50,000 without its members, p99", slow, 50.0, "ms"));

    let pks = users.clone();
    let took = tokio::task::spawn_blocking(move || retrieve(address, &pks)).await??;
    figures.push(Figure::at_least("users retrieved", per_second(N_RETRIEVED, took), 8_000.0, "requests/s"));

    let joining: Vec<i64> = users.iter().rev().take(N_JOINS).copied().collect();
    let (to_empty, to_large) = tokio::task::spawn_blocking(move || {
        let to_empty = join(address, &empty, &joining)?;
        anyhow::Ok((to_empty, join(address, &large, &joining)?))
    })
    .await??;
    figures.push(Figure::context("add_user to an empty group, median", to_empty, "ms"));
    figures.push(Figure::at_most(
        "the same to a group of 50,000, as a multiple of it",
        to_large / to_empty,
        2.0,
        "",
    ));
    let peak_kib = u32::try_from(program.peak_memory_kib().context("the program has ended")?)?;
    figures.push(Figure::at_most("its memory at most", f64::from(peak_kib) / 1024.0, 200.0, "MiB"));
    Ok(figures)
}

async fn a_group(api: &Api, name: &str, members: Option<&[i64]>) -> Result<String> {
    let body = json!({ "name": name, "users": members.unwrap_or_default() });
    let made = api.create("/core/groups/", &body).await?;
    Ok(made.get("pk").and_then(serde_json::Value::as_str).context("no pk")?.to_owned())
}

/// Kinds of pages, each with the paths that are asked for in turn.
fn pages(n_users: usize) -> Vec<(&'static str, Vec<String>)> {
    let some = |path: &str| -> Vec<String> {
        (0..50).map(|n| path.replace("{}", &(n * 1_999 % n_users).to_string())).collect()
    };
    let groups =
        |path: &str| -> Vec<String> { (0..50).map(|n| path.replace("{}", &n.to_string())).collect() };
    vec![
        ("users, pages in their order", some("/core/users/?page_size=100&page=3&x={}")),
        ("users by username", some("/core/users/?page_size=100&username=user{}")),
        ("users by e-mail", some("/core/users/?page_size=100&email=user{}@example.com")),
        ("users by name", some("/core/users/?page_size=100&name=Person{} of user")),
        ("users by group", groups("/core/users/?page_size=100&groups_by_name=group{}")),
        ("users that are not active", groups("/core/users/?page_size=100&is_active=false&x={}")),
        ("users by path", groups("/core/users/?page_size=100&path_startswith=people/{}")),
        ("users by a search for a few", some("/core/users/?page_size=100&search=user{}@")),
        ("users by a search for some hundreds", groups("/core/users/?page_size=100&search=person1{}")),
        ("groups by a search", groups("/core/groups/?page_size=100&include_users=false&search=group1{}")),
        (
            "groups by member",
            some("/core/groups/?page_size=100&include_users=false&members_by_username=user{}"),
        ),
    ]
    .into_iter()
    .map(|(what, paths)| (what, paths.into_iter().map(|path| path.replace(' ', "%20")).collect()))
    .collect()
}

/// Milliseconds from the moment at which each call was due, so that a queue counts.
fn at_a_rate(address: SocketAddr, paths: &[String]) -> Result<Vec<f64>> {
    let n_calls = RATE * SECONDS;
    let start = Instant::now();
    let each = |first: usize| -> Result<Vec<f64>> {
        let mut connection = Connection::open(address)?;
        let mut times = Vec::new();
        for call in (u64::try_from(first)?..n_calls).step_by(N_CONNECTIONS) {
            let due = start + Duration::from_micros(call * 1_000_000 / RATE);
            wait_until(due);
            let path = paths.get(usize::try_from(call)? % paths.len().max(1)).context("no paths")?;
            connection.expect(200, "GET", path, "")?;
            times.push(due.elapsed().as_secs_f64() * 1_000.0);
        }
        Ok(times)
    };
    side_by_side(N_CONNECTIONS, each)
}

fn retrieve(address: SocketAddr, users: &[i64]) -> Result<Duration> {
    let start = Instant::now();
    let each = |first: usize| -> Result<Vec<f64>> {
        let mut connection = Connection::open(address)?;
        for pk in users.iter().cycle().skip(first).step_by(N_CONNECTIONS).take(N_RETRIEVED / N_CONNECTIONS) {
            connection.expect(200, "GET", &format!("/core/users/{pk}/"), "")?;
        }
        Ok(Vec::new())
    };
    side_by_side(N_CONNECTIONS, each)?;
    Ok(start.elapsed())
}

/// The median of so many calls, one after the other, in milliseconds.
fn join(address: SocketAddr, group: &str, users: &[i64]) -> Result<f64> {
    let mut connection = Connection::open(address)?;
    let mut times = Vec::new();
    for pk in users {
        let start = Instant::now();
        connection.expect(
            204,
            "POST",
            &format!("/core/groups/{group}/add_user/"),
            &json!({ "pk": pk }).to_string(),
        )?;
        times.push(start.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(percentile(times, 0.5))
}
