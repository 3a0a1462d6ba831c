//! `scimitar demo`: from the first line to nothing being left of it.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use scimitar_testkit::program::{Api, Method, Mirror, Running, differences, eventually, web};
use serde_json::Value;
use url::Url;

use super::site::{Site, signal};

/// Far more than it takes: a debug build on a busy machine.
const LIMIT: Duration = Duration::from_mins(5);
/// The last line begins so.
const LAST: &str = "Ctrl-C ends the demo";

/// A site whose temporary files lie in a folder of their own.
fn site() -> Result<(Site, PathBuf)> {
    let site = Site::sqlite()?;
    let temporary = site.launch.folder().join("tmp");
    fs::create_dir(&temporary)?;
    let site = site.env("TMPDIR", &temporary.display().to_string());
    Ok((site, temporary))
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect()
}

/// What stands behind a name in the output.
fn told<'a>(heard: &'a str, name: &str) -> Result<&'a str> {
    let rest = heard.lines().find_map(|line| line.trim().strip_prefix(name));
    Ok(rest.with_context(|| format!("no `{name}` in:\n{heard}"))?.trim())
}

/// Do what a printed command does. The tests need no more of a machine than Rust and a C compiler, so `curl` itself
/// may be missing; whatever of its language is not known here is a failure.
async fn try_out(command: &str) -> Result<Value> {
    let mut words = words(command).into_iter();
    ensure!(words.next().as_deref() == Some("curl") && words.next().as_deref() == Some("-sS"), "{command}");
    let (mut method, mut headers, mut body, mut query, mut url) = (Method::GET, vec![], None, vec![], None);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("`{word}` wants a value: {command}"));
        match word.as_str() {
            "-X" => method = value()?.parse()?,
            "-H" => headers.push(value()?),
            "-d" => body = Some(value()?),
            "-G" => {}
            "--data-urlencode" => query.push(value()?),
            _ if word.starts_with("http://") => url = Some(word),
            _ => bail!("`{word}` is not known: {command}"),
        }
    }
    let query: Vec<(&str, &str)> = query.iter().filter_map(|pair| pair.split_once('=')).collect();
    let mut url = Url::parse(&url.context("no address")?)?;
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    let mut request = web()?.request(method, url);
    for header in &headers {
        let (name, value) = header.split_once(": ").context("no header")?;
        request = request.header(name, value);
    }
    let request = if let Some(body) = body { request.body(body) } else { request };
    let bytes = request.send().await?.bytes().await?;
    serde_json::from_slice(&bytes).with_context(|| format!("{command}: no JSON"))
}

/// The words of a command line in which only single quotes mean anything.
fn words(command: &str) -> Vec<String> {
    let pieces = command.split('\'').enumerate();
    let words = pieces.flat_map(|(at, piece)| match at % 2 {
        0 => piece.split_whitespace().map(str::to_owned).collect(),
        _ => vec![piece.to_owned()],
    });
    words.collect()
}

#[tokio::test]
async fn a_company_is_provisioned_the_commands_work_and_nothing_is_left() -> Result<()> {
    let (site, temporary) = site()?;
    let mut demo = Running::spawn(site.launch.command(&["demo"]))?;
    demo.hear("users, ", LIMIT)?;
    demo.hear(LAST, LIMIT)?;
    let heard = demo.heard();
    let commands: Vec<&str> = heard.lines().map(str::trim).filter(|line| line.starts_with("curl ")).collect();
    let [person, leaving, knowing] = commands.as_slice() else { bail!("not three commands:\n{heard}") };

    // The two hold the same, object by object.
    let page = told(&heard, "API page")?;
    let address = page.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/api/v3/"));
    let api = Api::new(address.context("no address")?.parse()?, told(&heard, "API token")?)?;
    let directory = api.directory().await?;
    assert_eq!((directory.users.len(), directory.groups.len()), (1_001, 61));
    let (_, key) = knowing.split_once("Bearer ").context("no key")?;
    let (key, _) = key.split_once('\'').context("no key")?;
    let url = told(&heard, "application  ")?;
    eventually(LIMIT, "the two to hold the same", async || {
        let differences = differences(&directory, &Mirror::of_service(&web()?, url, key).await?);
        Ok(if differences.is_empty() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(differences.join("\n"))
        })
    })
    .await?;
    ensure!(web()?.get(page).send().await?.status().is_success(), "the API page cannot be read");

    let person = try_out(person).await?;
    assert_eq!(
        (&person["pagination"]["count"], &person["results"][0]["is_active"]),
        (&1.into(), &true.into())
    );
    assert_eq!(try_out(leaving).await?["is_active"], false);
    let resource = eventually(LIMIT, "the application to know", async || {
        let answer = try_out(knowing).await?;
        let is_known = answer["Resources"][0]["active"] == false;
        Ok(if is_known { ControlFlow::Break(answer) } else { ControlFlow::Continue(answer.to_string()) })
    });
    let resource = resource.await?["Resources"][0].clone();
    assert_eq!(resource["userName"], person["results"][0]["username"]);
    assert_eq!(resource["title"], person["results"][0]["attributes"]["title"]);

    signal(demo.pid(), "INT")?;
    let status = demo.wait()?;
    ensure!(status.success(), "{status}\n{}", demo.heard());
    assert_eq!((names(&temporary)?, names(site.launch.folder())?), (vec![], vec!["tmp".to_owned()]));
    Ok(())
}

#[tokio::test]
async fn an_early_end_leaves_nothing_either_unless_it_is_to_be_kept() -> Result<()> {
    for keep in [false, true] {
        let (site, temporary) = site()?;
        let arguments: &[&str] = if keep { &["demo", "--keep"] } else { &["demo"] };
        let mut demo = Running::spawn(site.launch.command(arguments))?;
        demo.hear("filling the directory: 1000 people and 60 groups", LIMIT)?;
        signal(demo.pid(), "INT")?;
        let status = demo.wait()?;
        ensure!(status.success(), "{status}\n{}", demo.heard());
        let left = names(&temporary)?;
        assert_eq!(left.len(), usize::from(keep), "{left:?}");
        for folder in left {
            let kept = names(&temporary.join(folder))?;
            for name in ["directory.db", "directory.key", "application.db", "application.key"] {
                assert!(kept.iter().any(|it| it == name), "{name} is not among {kept:?}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_port_in_use_is_told_before_anything_is_made() -> Result<()> {
    let (site, temporary) = site()?;
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let said = site.run(&["demo", "--listen", &address])?;
    said.check_failure(&format!("cannot listen on `{address}`: "), "--listen");
    assert_eq!(names(&temporary)?, [""; 0]);
    Ok(())
}
