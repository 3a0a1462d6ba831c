//! What the program says to people: results on the standard output, all else on the standard error.
//!
//! The only place that prints. Whoever does not read our output any more does not stop us from ending well, so
//! that a line cannot be written is no error.

use std::fmt::{self, Display, Write as _};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use chrono::SecondsFormat;
use scimitar_domain::Timestamp;

/// A result, on the standard output.
pub(crate) fn line(text: impl Display) {
    let mut out = io::stdout().lock();
    drop(writeln!(out, "{text}").and_then(|()| out.flush()));
}

/// A remark, on the standard error.
pub(crate) fn note(text: impl Display) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// Why it could not be done, in one line, and what to do about it.
pub(crate) fn failure(error: &anyhow::Error) {
    note(explain(error));
}

/// A moment, to the second, for people and scripts alike.
pub(crate) fn moment(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What the command line should have been, or the help that was asked for.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    drop(error.print());
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Whether somebody watches the standard error.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// An error that knows what to do about it.
#[derive(Debug)]
pub(crate) struct Problem {
    what: String,
    hint: String,
}

impl Problem {
    pub(crate) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Problem {}

fn explain(error: &anyhow::Error) -> String {
    let mut text = format!("error: {error:#}");
    if let Some(problem) = error.downcast_ref::<Problem>() {
        // Writing to a string does not fail.
        let _ = write!(text, "\nhint: {}", problem.hint);
    }
    text
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn a_failure_tells_its_causes_and_what_to_do() {
        let cause: Result<(), _> = Err(io::Error::other("in use"));
        let error = cause.context(Problem::new("cannot listen on `x`", "choose another port")).unwrap_err();
        assert_eq!(explain(&error), "error: cannot listen on `x`: in use\nhint: choose another port");
        assert_eq!(explain(&anyhow::anyhow!("plain")), "error: plain");
    }
}
