//! The benches as a program: `cargo xtask bench` builds it and starts it.

use std::io::Write as _;

use anyhow::{Context as _, Result, bail};

use scimitar_testkit::bench::{Bench, Binaries, run};

const USAGE: &str = "\
usage: scimitar-bench [outbound|no-change|million|neighbours|changes|latency|post-users|start|lists|inbound|all]… [--scale FACTOR]
  --scale FACTOR  of the sizes, to try out a bench: only 1 gives figures that count

The programs `scimitar` and `scimitar-fake-remote` are taken from beside this one.";

fn main() -> Result<()> {
    let Some((benches, scale)) = read_arguments(std::env::args().skip(1))? else {
        return say(USAGE);
    };
    let binaries = Binaries::beside(&std::env::current_exe()?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    say(&runtime.block_on(run(&binaries, &benches, scale))?)
}

/// `None`: help was asked for.
fn read_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Option<(Vec<Bench>, f64)>> {
    let mut benches = Vec::new();
    let mut scale = 1.0;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(None),
            "--scale" => {
                scale = arguments.next().context("--scale needs a factor")?.parse()?;
            }
            "all" => benches.extend(Bench::ALL),
            name => match Bench::ALL.into_iter().find(|bench| bench.name() == name) {
                Some(bench) => benches.push(bench),
                None => bail!("unknown bench `{name}`\n{USAGE}"),
            },
        }
    }
    if benches.is_empty() {
        benches.extend(Bench::ALL);
    }
    Ok(Some((benches, scale)))
}

fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
