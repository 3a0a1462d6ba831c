//! One line of the table.

use super::Bench;

/// What was measured and what is asked for.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    what: String,
    measured: String,
    target: String,
    verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Met,
    Missed,
    /// Nothing is asked of it: it tells what the machine can do.
    Context,
}

impl Figure {
    pub(super) const HEAD: &str = "| bench | what | measured | target | |\n| --- | --- | --- | --- | --- |";

    pub(super) fn at_least(what: &str, measured: f64, target: f64, unit: &str) -> Self {
        Self::judged(what, (measured, target), "≥", unit, measured >= target)
    }

    pub(super) fn at_most(what: &str, measured: f64, target: f64, unit: &str) -> Self {
        Self::judged(what, (measured, target), "≤", unit, measured <= target)
    }

    pub(super) fn context(what: &str, measured: f64, unit: &str) -> Self {
        Self {
            what: what.to_owned(),
            measured: format!("{} {unit}", round(measured)),
            target: String::new(),
            verdict: Verdict::Context,
        }
    }

    fn judged(what: &str, (measured, target): (f64, f64), sign: &str, unit: &str, is_met: bool) -> Self {
        Self {
            what: what.to_owned(),
            measured: format!("{} {unit}", round(measured)),
            target: format!("{sign} {} {unit}", round(target)),
            verdict: if is_met { Verdict::Met } else { Verdict::Missed },
        }
    }

    pub(super) fn row(&self, bench: Bench) -> String {
        let verdict = match self.verdict {
            Verdict::Met => "met",
            Verdict::Missed => "missed",
            Verdict::Context => "",
        };
        format!("| {} | {} | {} | {} | {verdict} |", bench.name(), self.what, self.measured, self.target)
    }
}

/// Three figures are enough for anything that a shared machine measures.
fn round(value: f64) -> String {
    if value >= 100.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_whether_the_target_is_met() {
        let figure = Figure::at_least("rate", 2_345.6, 2_000.0, "/s");
        assert_eq!(figure.row(Bench::Outbound), "| outbound | rate | 2346 /s | ≥ 2000 /s | met |");
        let figure = Figure::at_most("time", 10.25, 10.0, "s");
        assert_eq!(figure.row(Bench::Start), "| start | time | 10.2 s | ≤ 10 s | missed |");
        let figure = Figure::context("disk", 1.234, "ms");
        assert_eq!(figure.row(Bench::Start), "| start | disk | 1.23 ms |  |  |");
    }
}
