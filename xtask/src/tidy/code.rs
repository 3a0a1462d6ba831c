//! Rules about what stands in the code, comments and literals aside.

use super::Finding;
use super::tree::{File, Tree};

/// What stands where work or a test should stand, and what to do instead.
const STAND_INS: &[(&str, &str)] = &[
    ("todo!", "write it, or leave out what would call it"),
    ("unimplemented!", "write it, or leave out what would call it"),
    ("#[ignore", "a test that does not run holds nothing: assert what happens today, and say why"),
    ("#[should_panic", "assert on the error instead: this passes for any panic"),
];

/// Ways to wait for the clock on the wall.
const SLEEPS: &[&str] = &["thread::sleep", "time::sleep", "sleep_until", "sleep("];

/// Nothing stands in for something else.
pub(crate) fn no_stand_ins(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_files() {
        for (number, line) in file.code_lines() {
            for (stand_in, advice) in STAND_INS {
                if line.contains(stand_in) {
                    findings.push(Finding::at(&file.path, number, "stand-in", *advice));
                }
            }
        }
    }
    findings
}

/// A test that sleeps is slow on a good day and wrong on a bad one.
pub(crate) fn tests_do_not_sleep(tree: &Tree) -> Vec<Finding> {
    let advice = "a test owns the time: advance the clock, or wait for the event itself";
    tree.rust_files()
        .flat_map(|file| {
            test_lines(file)
                .into_iter()
                .filter(|(_, line)| SLEEPS.iter().any(|sleep| line.contains(sleep)))
                .map(|(number, _)| Finding::at(&file.path, number, "sleeping-test", advice))
        })
        .collect()
}

/// A file below `tests/`, or what follows `#[cfg(test)]` in another.
fn test_lines(file: &File) -> Vec<(usize, String)> {
    let all = file.path.iter().any(|part| part == "tests") || file.name() == "tests.rs";
    let lines = file.code_lines();
    let first = if all { Some(0) } else { lines.iter().position(|(_, line)| line.contains("#[cfg(test)]")) };
    first.map(|first| lines.into_iter().skip(first).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::planted::found;
    use super::*;

    #[test]
    fn each_stand_in_is_found_in_code_and_not_in_words() {
        for (stand_in, _) in STAND_INS {
            let source = format!("//! No {stand_in} here.\nlet x = \"{stand_in}\";\n{stand_in} ()\n");
            assert_eq!(found(no_stand_ins, &[("x/src/a.rs", &source)]), ["x/src/a.rs:3"], "{stand_in}");
        }
    }

    #[test]
    fn a_sleeping_test_is_found_and_a_sleeping_program_is_not() {
        let sleep = "//! Sleeps.\nasync fn f() { tokio::time::sleep(pause).await }\n";
        let both = format!("{sleep}#[cfg(test)]\nmod tests {{ fn g() {{ sleep(pause) }} }}\n");
        let files = [("x/src/a.rs", sleep), ("x/src/b.rs", &both), ("x/tests/it/c.rs", sleep)];
        assert_eq!(found(tests_do_not_sleep, &files), ["x/src/b.rs:4", "x/tests/it/c.rs:2"]);
    }
}
