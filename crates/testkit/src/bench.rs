//! The figures that we hold ourselves to, measured on programs that run as processes of their own.
//!
//! Only release builds give figures that count. What the machine itself can do is measured beside each: how
//! fast a bare HTTP client is, and how fast the disk.

mod bare;
mod binaries;
mod changes;
mod connection;
mod crowd;
mod fake;
mod figure;
mod inbound;
mod latency;
mod lists;
mod machine;
mod neighbours;
mod no_change;
mod outbound;
mod peers;
mod post_users;
mod start;

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

pub use self::binaries::Binaries;
use self::figure::Figure;

/// One of the benches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bench {
    Outbound,
    NoChange,
    Million,
    Neighbours,
    Changes,
    Latency,
    PostUsers,
    Start,
    Lists,
    Inbound,
    Peers,
}

impl Bench {
    pub const ALL: [Self; 11] = [
        Self::Outbound,
        Self::NoChange,
        Self::Million,
        Self::Neighbours,
        Self::Changes,
        Self::Latency,
        Self::PostUsers,
        Self::Start,
        Self::Lists,
        Self::Inbound,
        Self::Peers,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outbound => "outbound",
            Self::NoChange => "no-change",
            Self::Million => "million",
            Self::Neighbours => "neighbours",
            Self::Changes => "changes",
            Self::Latency => "latency",
            Self::PostUsers => "post-users",
            Self::Start => "start",
            Self::Lists => "lists",
            Self::Inbound => "inbound",
            Self::Peers => "peers",
        }
    }
}

/// Run them one after the other and tell the figures as a table.
pub async fn run(binaries: &Binaries, benches: &[Bench], scale: f64) -> Result<String> {
    let mut table = machine::describe();
    if (scale - 1.0).abs() > f64::EPSILON {
        writeln!(table, "Sizes scaled by {scale}: these figures do not count.")?;
    }
    writeln!(table, "\n{}", Figure::HEAD)?;
    for bench in benches {
        let figures = match bench {
            Bench::Outbound => outbound::run(binaries, scale).await,
            Bench::NoChange => no_change::run(binaries, scale).await,
            Bench::Million => no_change::million(binaries, scale).await,
            Bench::Neighbours => neighbours::run(binaries, scale).await,
            Bench::Changes => changes::run(binaries, scale).await,
            Bench::Latency => latency::run(binaries, scale).await,
            Bench::PostUsers => post_users::run(binaries, scale).await,
            Bench::Start => start::run(binaries, scale).await,
            Bench::Lists => lists::run(binaries, scale).await,
            Bench::Inbound => inbound::run(binaries, scale).await,
            Bench::Peers => peers::run(binaries, scale).await,
        };
        for figure in figures.with_context(|| format!("bench {}", bench.name()))? {
            writeln!(table, "{}", figure.row(*bench))?;
        }
    }
    Ok(table)
}

/// A size at this scale, at least one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are small and positive")]
#[expect(clippy::cast_precision_loss, reason = "sizes are small")]
fn scaled(size: usize, scale: f64) -> usize {
    ((size as f64 * scale) as usize).max(1)
}

/// How many in a second.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn per_second(n: usize, time: std::time::Duration) -> f64 {
    n as f64 / time.as_secs_f64()
}
