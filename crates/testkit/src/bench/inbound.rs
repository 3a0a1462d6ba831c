//! The SCIM service of a source with a large directory behind it, as an identity provider uses it.

mod directory;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use scimitar_domain::{Clock as _, SourceId, SystemClock};
use serde_json::{Value, json};
use uuid::Uuid;

pub(super) use self::directory::user;
use self::directory::{People, Place};
use super::binaries::Binaries;
use super::connection::Connection;
use super::crowd::{percentile, side_by_side, wait_until};
use super::figure::Figure;
use super::{per_second, scaled};
use crate::program::{Api, Launch, Program, say};

const N_USERS: usize = 100_000;
const N_GROUPS: usize = 1_000;
const N_MEMBERS: usize = 20;
const N_IN_THE_LARGE_GROUP: usize = 50_000;
/// In a source beside it, to see what grows with the directory.
const N_FEW: usize = 1_000;
const N_CONNECTIONS: usize = 32;
/// For how long calls are made at a given rate.
const SECONDS: u64 = 2;

/// What is asked, over and over: the method, the path, the body, and the status of a good answer.
type Ask = Box<dyn Fn(usize) -> (&'static str, String, String, u16) + Send + Sync>;

pub(super) async fn run(binaries: &Binaries, scale: f64) -> Result<Vec<Figure>> {
    let program = Launch::serve(&binaries.scimitar)?.start()?;
    let file = program.launch().sqlite_file();
    let (place, few) = (source(&program, "large").await?, source(&program, "small").await?);
    let (n_users, now) = (scaled(N_USERS, scale), SystemClock.now());
    let people = directory::fill(&file, &place, n_users, now).await?;
    let few_people = directory::fill(&file, &few, scaled(N_FEW, scale), now).await?;
    let mut groups: Vec<_> =
        (0..scaled(N_GROUPS, scale)).map(|n| (format!("group{n}"), n * N_MEMBERS, N_MEMBERS)).collect();
    groups.push(("everybody".to_owned(), 0, scaled(N_IN_THE_LARGE_GROUP, scale)));
    groups.push(("nobody".to_owned(), 0, 0));
    let groups = directory::group(&file, &place, &people, &groups, now).await?;
    let address = program.address();
    let measured = move || {
        let bench = Inbound { address, place, people, scale };
        let mut figures = bench.reads(&few, &few_people)?;
        figures.extend(bench.pages()?);
        figures.extend(bench.writes()?);
        figures.extend(bench.members(&groups)?);
        figures.push(bench.refusals()?);
        anyhow::Ok(figures)
    };
    let mut figures = tokio::task::spawn_blocking(measured).await??;
    let peak_kib = u32::try_from(program.peak_memory_kib().context("the program has ended")?)?;
    figures.push(Figure::context("its memory at most", f64::from(peak_kib) / 1024.0, "MiB"));
    Ok(figures)
}

/// A source, and where and as whom it is asked.
pub(super) async fn source(program: &Program, family: &'static str) -> Result<Place> {
    let api: Api = program.api()?;
    let made =
        api.create("/sources/scim/", &json!({"name": family, "slug": family, "guard_percent": 100})).await?;
    let text = |value: &Value, pointer: &str| -> Result<String> {
        let found = value.pointer(pointer).and_then(Value::as_str);
        Ok(found.with_context(|| format!("no {pointer} in {value}"))?.to_owned())
    };
    let token = text(&made, "/token_obj/identifier")?;
    let shown = api.read(&format!("/core/tokens/{token}/view_key/")).await?;
    Ok(Place {
        source: SourceId(text(&made, "/pk")?.parse()?),
        prefix: format!("/source/scim/{family}/v2"),
        key: text(&shown, "/key")?,
        family,
    })
}

struct Inbound {
    address: SocketAddr,
    place: Place,
    people: People,
    scale: f64,
}

impl Inbound {
    /// Ask so often from all connections, and tell how long that took.
    fn ask(&self, place: &Place, n: usize, ask: &Ask) -> Result<Duration> {
        let start = Instant::now();
        self.each(place, |connection, first| {
            for n in (first..n).step_by(N_CONNECTIONS) {
                let (method, path, body, status) = ask(n);
                connection.expect(status, method, &path, &body)?;
            }
            Ok(Vec::new())
        })?;
        Ok(start.elapsed())
    }

    /// A figure of so many calls, and one of the time of almost all at half of the rate that is asked for.
    fn rate(&self, what: &str, n: usize, target: f64, first: usize, ask: &Ask) -> Result<Vec<Figure>> {
        say(&format!("inbound: {what}"));
        let n = scaled(n, self.scale);
        let took = self.ask(&self.place, n, ask)?;
        let slow = self.at_a_rate(target / 2.0, first + n, ask)?;
        Ok(vec![
            Figure::at_least(what, per_second(n, took), target, "requests/s"),
            Figure::at_most(&format!("{what}: p99 at half of that rate"), slow, 50.0, "ms"),
        ])
    }

    /// The 99th of a hundred, in milliseconds from the moment at which each call was due.
    fn at_a_rate(&self, rate: f64, first_call: usize, ask: &Ask) -> Result<f64> {
        let n_calls = scaled(1, rate) * usize::try_from(SECONDS)?;
        let start = Instant::now();
        let times = self.each(&self.place, |connection, first| {
            let mut times = Vec::new();
            for call in (first..n_calls).step_by(N_CONNECTIONS) {
                let due =
                    start + Duration::from_secs(SECONDS) / u32::try_from(n_calls)? * u32::try_from(call)?;
                wait_until(due);
                let (method, path, body, status) = ask(first_call + call);
                connection.expect(status, method, &path, &body)?;
                times.push(due.elapsed().as_secs_f64() * 1_000.0);
            }
            Ok(times)
        })?;
        Ok(percentile(times, 0.99))
    }

    /// One thread for each connection, all their times together.
    fn each(
        &self,
        place: &Place,
        work: impl Fn(&mut Connection, usize) -> Result<Vec<f64>> + Sync,
    ) -> Result<Vec<f64>> {
        side_by_side(N_CONNECTIONS, |first| work(&mut self.connect(place)?, first))
    }

    fn connect(&self, place: &Place) -> Result<Connection> {
        Connection::open_below(self.address, &place.prefix, &place.key)
    }

    fn reads(&self, few: &Place, few_people: &People) -> Result<Vec<Figure>> {
        let ids = self.people.users.clone();
        let get: Ask = Box::new(move |n| ("GET", format!("/Users/{}", spread(&ids, n)), String::new(), 200));
        let mut figures = self.rate("GET a user by id", 20_000, 8_000.0, 0, &get)?;
        for (attribute, value) in [
            ("userName", "{family}{n}%40example.com"),
            ("externalId", "x-{family}{n}"),
            ("emails.value", "{family}{n}%40mail.example.com"),
        ] {
            let ask = |place: &Place, n_users: usize| -> Ask {
                let value = value.replace("{family}", place.family);
                Box::new(move |n| {
                    let value = value.replace("{n}", &(n * 7_919 % n_users).to_string());
                    ("GET", format!("/Users?filter={attribute}%20eq%20%22{value}%22"), String::new(), 200)
                })
            };
            let n_asked = scaled(8_000, self.scale);
            let large = self.ask(&self.place, n_asked, &ask(&self.place, self.people.users.len()))?;
            let small = self.ask(few, n_asked, &ask(few, few_people.users.len()))?;
            let what = format!("`{attribute} eq`");
            figures.push(Figure::at_least(&what, per_second(n_asked, large), 4_000.0, "requests/s"));
            let ratio = large.as_secs_f64() / small.as_secs_f64();
            figures.push(Figure::at_most(&format!("{what}: as a multiple of 1,000 users"), ratio, 1.5, ""));
        }
        Ok(figures)
    }

    /// Pages of a walk by cursors, from the first on and near the end.
    fn pages(&self) -> Result<Vec<Figure>> {
        let n_pages = scaled(40, self.scale);
        let mut walker = self.connect(&self.place)?;
        let mut cursor = String::new();
        while let Some(next) = page(&mut walker, &cursor)? {
            cursor = next;
        }
        let mut figures = Vec::new();
        for (what, start) in [("the first ones", String::new()), ("the last one", cursor)] {
            let begun = Instant::now();
            self.each(&self.place, |connection, _| {
                let mut cursor = start.clone();
                for _ in 0..n_pages {
                    cursor = page(connection, &cursor)?.unwrap_or_else(|| start.clone());
                }
                Ok(Vec::new())
            })?;
            let rate = per_second(n_pages * N_CONNECTIONS, begun.elapsed());
            let what = format!("pages of 100 users by cursors, {what}");
            figures.push(Figure::at_least(&what, rate, 500.0, "requests/s"));
        }
        Ok(figures)
    }

    fn writes(&self) -> Result<Vec<Figure>> {
        let post: Ask = Box::new(|n| ("POST", "/Users".to_owned(), user("newcomer", n).to_string(), 201));
        let mut figures = self.rate("POST a user, each durable", 10_000, 3_000.0, 0, &post)?;
        let ids = self.people.users.clone();
        let patch: Ask = Box::new(move |n| {
            let operation = json!({"op": "replace", "path": "active", "value": n / ids.len() % 2 == 1});
            ("PATCH", format!("/Users/{}", spread(&ids, n)), patch(&[operation]), 200)
        });
        figures.extend(self.rate("PATCH of `active`", 8_000, 2_500.0, 0, &patch)?);
        let mut connection = self.connect(&self.place)?;
        let mut times = Vec::new();
        for batch in 0..5 {
            let operation = |n: usize| {
                let data = user("many", batch * 1_000 + n);
                json!({"method": "POST", "path": "/Users", "bulkId": n.to_string(), "data": data})
            };
            let operations: Vec<Value> = (0..1_000).map(operation).collect();
            let body = json!({"Operations": operations}).to_string();
            times.push(timed(|| connection.expect(200, "POST", "/Bulk", &body))?);
        }
        figures.push(Figure::at_most("Bulk of 1,000 creates, median", percentile(times, 0.5), 500.0, "ms"));
        Ok(figures)
    }

    /// What nobody means, each kind as large as it is read at all, on a connection that is otherwise idle.
    fn refusals(&self) -> Result<Figure> {
        let deep = "(".repeat(2_000);
        let long = "x".repeat(1_000_000);
        let many: Vec<Value> =
            (0..1_000).map(|n| json!({"op": "add", "path": format!("a[b eq {n}"), "value": 1})).collect();
        let filter = |text: &str| format!("/Users?filter={text}");
        let asks = [
            ("GET", filter(&deep), String::new()),
            ("GET", filter(&"a%20eq%201%20and%20".repeat(400)), String::new()),
            ("POST", "/Users".to_owned(), "[".repeat(1_000_000)),
            ("POST", "/Users".to_owned(), json!({ "userName": long }).to_string()),
            ("POST", "/Users".to_owned(), json!({"userName": "a\0b"}).to_string()),
            ("PATCH", format!("/Users/{}", spread(&self.people.users, 0)), patch(&many)),
        ];
        let mut connection = self.connect(&self.place)?;
        let mut times = Vec::new();
        for _ in 0..20 {
            for (method, path, body) in &asks {
                times.push(timed(|| connection.expect(400, method, path, body))?);
            }
        }
        Ok(Figure::at_most(
            "input that nobody means is refused, the slowest",
            percentile(times, 1.0),
            100.0,
            "ms",
        ))
    }

    fn members(&self, groups: &[Uuid]) -> Result<Vec<Figure>> {
        let [.., large, empty] = groups else { bail!("there are no groups") };
        let n_joining = scaled(4_000, self.scale);
        let mut figures = Vec::new();
        let mut times = Vec::new();
        for group in [large, empty] {
            let (ids, group): (Vec<Uuid>, _) = (self.people.users.iter().rev().copied().collect(), *group);
            let join: Ask = Box::new(move |n| {
                let id = ids.get(n).copied().unwrap_or_default();
                let operation = json!({"op": "add", "path": "members", "value": [{"value": id}]});
                ("PATCH", format!("/Groups/{group}"), patch(&[operation]), 204)
            });
            times.push(self.ask(&self.place, n_joining, &join)?);
        }
        let [to_large, to_empty] = times.as_slice() else { bail!("two groups were asked for") };
        let rate = per_second(n_joining, *to_large);
        figures.push(Figure::at_least("PATCH of one member into 50,000", rate, 1_500.0, "requests/s"));
        let ratio = to_large.as_secs_f64() / to_empty.as_secs_f64();
        figures.push(Figure::at_most("the same as a multiple of an empty group", ratio, 1.5, ""));
        let mut connection = self.connect(&self.place)?;
        let mut times = Vec::new();
        for chunk in self.people.users.rchunks(256).skip(n_joining / 256 + 1).take(20) {
            let values: Vec<Value> = chunk.iter().map(|id| json!({ "value": id })).collect();
            let operation = json!({"op": "add", "path": "members", "value": values});
            let (path, body) = (format!("/Groups/{large}"), patch(&[operation]));
            times.push(timed(|| connection.expect(204, "PATCH", &path, &body))?);
        }
        figures.push(Figure::at_most("PATCH of 256 members, median", percentile(times, 0.5), 20.0, "ms"));
        Ok(figures)
    }
}

/// One page of a hundred users, and the cursor of the next.
fn page(connection: &mut Connection, cursor: &str) -> Result<Option<String>> {
    let body = connection.call(200, "GET", &format!("/Users?count=100&cursor={cursor}"), "")?;
    // To read all of it would measure the reader.
    let marker = br#""nextCursor":""#;
    let Some(at) = body.windows(marker.len()).position(|window| window == marker) else { return Ok(None) };
    let rest = body.get(at + marker.len()..).unwrap_or_default();
    let cursor = rest.split(|byte| *byte == b'"').next().unwrap_or_default();
    Ok(Some(String::from_utf8(cursor.to_vec())?))
}

fn patch(operations: &[Value]) -> String {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
        .to_string()
}

/// Ids from all over the directory.
fn spread(ids: &[Uuid], n: usize) -> Uuid {
    ids.get(n * 7_919 % ids.len().max(1)).copied().unwrap_or_default()
}

/// Milliseconds.
fn timed(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64() * 1_000.0)
}
