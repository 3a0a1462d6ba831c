//! The progress of a run: a bar for whoever watches, plain lines for whoever reads later.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use scimitar_domain::{Run, RunCounts, RunState};

use crate::report;

use super::watch::Rest;

/// Colourless on purpose: everything must read without colour.
const BAR: &str = "{spinner} {prefix}: {msg} [{bar:30}] {pos}/{len} {elapsed}";
const MOVE: Duration = Duration::from_millis(100);

/// Shows how far a run has come.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    name: String,
    told: String,
}

impl Progress {
    pub(super) fn start(name: &str) -> Self {
        let bar = report::is_watched().then(|| {
            let bar = ProgressBar::new(0).with_prefix(name.to_owned()).with_message("waiting for its turn");
            if let Ok(style) = ProgressStyle::with_template(BAR) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.enable_steady_tick(MOVE);
            bar
        });
        let mut progress = Self { bar, name: name.to_owned(), told: String::new() };
        progress.tell("waiting for its turn".to_owned());
        progress
    }

    pub(super) fn show(&mut self, run: &Run) {
        let (handled, in_scope) = (handled(&run.counts), run.counts.in_scope);
        let stage = stage(run.state);
        match &self.bar {
            Some(bar) => {
                bar.set_length(u64::try_from(in_scope).unwrap_or(0));
                bar.set_position(u64::try_from(handled).unwrap_or(0));
                self.tell(stage.to_owned());
            }
            None if run.state.is_running() => self.tell(format!("{stage}, {}", tenths(handled, in_scope))),
            None => self.tell(stage.to_owned()),
        }
    }

    pub(super) fn rest(&mut self, rest: &Rest) {
        self.tell(format!("waits until {} ({})", rest.until.format("%H:%M:%S"), rest.class));
    }

    /// Results, above the bar.
    pub(super) fn lines(&self, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        match &self.bar {
            Some(bar) => bar.suspend(|| report::line(lines.join("\n"))),
            None => report::line(lines.join("\n")),
        }
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// A line for each thing that is new; the bar's own words always.
    fn tell(&mut self, words: String) {
        if self.told == words {
            return;
        }
        match &self.bar {
            Some(bar) => bar.set_message(words.clone()),
            None => report::note(format!("{}: {words}", self.name)),
        }
        self.told = words;
    }
}

/// Objects that something was done about. Those that have not changed are not even looked at.
fn handled(counts: &RunCounts) -> i64 {
    counts.created + counts.adopted + counts.updated + counts.deleted + counts.skipped + counts.failed
}

/// How far it has come, in so few steps that a log of it stays short.
fn tenths(handled: i64, in_scope: i64) -> String {
    let percent = (handled * 10).checked_div(in_scope).unwrap_or(0).clamp(0, 10) * 10;
    format!("{percent} % of {in_scope} objects")
}

fn stage(state: RunState) -> &'static str {
    match state {
        RunState::Users => "users",
        RunState::Groups => "groups",
        RunState::Sweep => "removing what has left",
        RunState::Done | RunState::Warning | RunState::Error => "ended",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_at_most_a_line_for_each_tenth() {
        let lines: std::collections::BTreeSet<String> = (0..=1_062).map(|at| tenths(at, 1_062)).collect();
        assert_eq!(lines.len(), 11);
        assert_eq!(tenths(531, 1_062), "50 % of 1062 objects");
        // What was deleted counts as handled and is in scope no more.
        assert_eq!(
            (tenths(5, 0), tenths(30, 20)),
            ("0 % of 0 objects".to_owned(), "100 % of 20 objects".to_owned())
        );
    }
}
