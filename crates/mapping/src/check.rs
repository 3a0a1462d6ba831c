//! Whether an expression may be saved.

use crate::{
    Limits, SyntaxFault,
    compile::{Kind, compile},
};

/// Enough for the deepest tree that the longest expression can make.
const STACK: usize = 64 * 1024 * 1024;

/// Refuses everything that cannot compile, naming the place and the feature.
///
/// Starts a thread of its own for its stack; ordinary expressions take about a millisecond.
pub fn check(source: &str) -> Result<(), SyntaxFault> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("mapping-check".to_owned()).stack_size(STACK);
        let checked =
            thread.spawn_scoped(scope, || compile(source, Kind::User, &Limits::default()).map(drop));
        match checked.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(unchecked("the interpreter fails on this expression")),
            Err(_) => Err(unchecked("the expression could not be checked: no thread to do it on")),
        }
    })
}

fn unchecked(message: &str) -> SyntaxFault {
    SyntaxFault { line: 1, column: 1, text: String::new(), message: message.to_owned() }
}
