//! The fake remote as a program: prints its base URL and serves until it is killed.

use std::io::Write;
use std::net::SocketAddr;

use anyhow::{Context, bail};

use scimitar_testkit::remote::{Behaviour, serve_forever};

const USAGE: &str = "\
usage: scimitar-fake-remote [options]
  --listen ADDRESS      where to listen (127.0.0.1:0, a free port)
  --seed N              of the dice
  --faults PERCENT      of the requests that meet a fault
  --latency-ms N        before each answer
  --token TOKEN         that clients must send
  --record              keep each request for GET /_requests
  --behaviour JSON      all other knobs; what stands before it on the line is lost

beside /scim/v2: GET /_state, GET /_stats, GET and DELETE /_requests, GET and POST /_behaviour";

fn main() -> anyhow::Result<()> {
    let Some((address, behaviour)) = read_arguments(std::env::args().skip(1))? else {
        return say(USAGE);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let ready = |url: &str| {
            // Whoever does not read our output may still use the port.
            let _ = say(url);
        };
        match serve_forever(address, behaviour, ready)
            .await
            .with_context(|| format!("cannot listen on {address}"))? {}
    })
}

/// `None`: help was asked for.
fn read_arguments(
    mut arguments: impl Iterator<Item = String>,
) -> anyhow::Result<Option<(SocketAddr, Behaviour)>> {
    let mut address = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut behaviour = Behaviour { record: false, ..Behaviour::default() };
    while let Some(argument) = arguments.next() {
        let (name, given) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        if name == "--help" || name == "-h" {
            return Ok(None);
        }
        if name == "--record" {
            behaviour.record = true;
            continue;
        }
        let mut value =
            || given.clone().or_else(|| arguments.next()).with_context(|| format!("{name} needs a value"));
        match name.as_str() {
            "--listen" => address = value()?.parse().context("--listen needs an address and a port")?,
            "--seed" => behaviour.seed = value()?.parse().context("--seed needs a number")?,
            "--faults" => behaviour.fault_percent = value()?.parse().context("--faults needs a number")?,
            "--latency-ms" => {
                behaviour.latency_ms = value()?.parse().context("--latency-ms needs a number")?;
            }
            "--token" => behaviour.token = Some(value()?),
            "--behaviour" => {
                behaviour = serde_json::from_str(&value()?).context("--behaviour needs a JSON object")?;
            }
            _ => bail!("unknown option `{name}`\n{USAGE}"),
        }
    }
    Ok(Some((address, behaviour)))
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
