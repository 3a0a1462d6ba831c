//! What the fuzzer says. The only file of this crate that prints.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it speaks on its terminal")]

/// One fact, on standard output.
pub(crate) fn line(text: impl std::fmt::Display) {
    println!("{text}");
}

/// The end of a run that failed: the whole chain of causes.
pub(crate) fn failure(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}
