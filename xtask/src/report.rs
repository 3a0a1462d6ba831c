//! What the tasks say. The only file of this crate that prints.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task runner speaks on its terminal")]

use std::time::Duration;

/// One fact, on standard output.
pub(crate) fn line(text: impl std::fmt::Display) {
    println!("{text}");
}

/// Something that the reader should know although nothing failed.
pub(crate) fn warning(text: impl std::fmt::Display) {
    eprintln!("warning: {text}");
}

/// The end of a task that failed: the whole chain of causes.
pub(crate) fn failure(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

/// The beginning of a step.
pub(crate) fn header(step: &str) {
    println!("\n── {step} ──");
}

/// The end of a step.
pub(crate) fn finished(step: &str, took: Duration) {
    println!("── {step}: ok in {} s", seconds(took));
}

/// The steps that ran and what each of them took.
pub(crate) fn table(rows: &[(&str, Duration)]) {
    println!("\n{:<24}{:>10}", "step", "seconds");
    for (step, took) in rows {
        println!("{step:<24}{:>10}", seconds(*took));
    }
    println!("{:<24}{:>10}", "all", seconds(rows.iter().map(|(_, took)| *took).sum()));
}

fn seconds(took: Duration) -> String {
    format!("{:.1}", took.as_secs_f64())
}
