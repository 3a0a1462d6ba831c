//! The rule that every invariant of `ARCHITECTURE.md` names what holds it, and that this exists.
//!
//! An invariant is a line that begins with its number, such as `I3`, in a table or a list. What holds it stands
//! in backticks, in the last cell of a table row or anywhere in another line: the name of a test function, or a
//! command of `cargo xtask`.

use std::collections::BTreeSet;

use super::Finding;
use super::tree::Tree;

const DOCUMENT: &str = "ARCHITECTURE.md";

const COMMANDS: &[&str] = &["tidy", "deps", "deny", "openapi check", "ci"];

pub(crate) fn have_their_test(tree: &Tree) -> Vec<Finding> {
    let Some(document) = tree.find(DOCUMENT) else {
        return vec![Finding::whole(DOCUMENT, "invariant", "the map of the house is missing")];
    };
    let tests = test_names(tree);
    let mut findings = Vec::new();
    for (number, line) in document.lines().filter(|(_, line)| is_invariant(line)) {
        let holders = holders(line);
        if holders.is_empty() {
            let advice = "name the test that holds this invariant, in backticks";
            findings.push(Finding::at(DOCUMENT, number, "invariant", advice));
        }
        for missing in holders.iter().filter(|holder| !exists(holder, &tests)) {
            let advice = format!("there is no test `{missing}`: write it, or name the one that holds this");
            findings.push(Finding::at(DOCUMENT, number, "invariant", advice));
        }
    }
    findings
}

fn is_invariant(line: &str) -> bool {
    let start = line.trim_start_matches(|char: char| !char.is_alphanumeric());
    let Some(after) = start.strip_prefix('I') else { return false };
    let n_digits = after.chars().take_while(char::is_ascii_digit).count();
    n_digits > 0 && !after.chars().nth(n_digits).is_some_and(char::is_alphanumeric)
}

/// The words in backticks that look like a test or a command of ours.
fn holders(line: &str) -> Vec<&str> {
    let cells = line.trim().trim_end_matches('|');
    let where_they_stand = match cells.rsplit_once('|') {
        Some((_, last_cell)) => last_cell,
        None => cells,
    };
    where_they_stand.split('`').skip(1).step_by(2).filter(|word| is_holder(word)).collect()
}

fn is_holder(word: &str) -> bool {
    let name = function_name(word);
    let is_test = name.contains('_') && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    is_test || word.starts_with("cargo xtask ")
}

fn exists(holder: &str, tests: &BTreeSet<String>) -> bool {
    match holder.strip_prefix("cargo xtask ") {
        Some(command) => COMMANDS.contains(&command),
        None => tests.contains(function_name(holder)),
    }
}

/// A test may be named with its modules.
fn function_name(word: &str) -> &str {
    word.rsplit("::").next().unwrap_or(word)
}

/// Every function below an attribute that makes it a test.
fn test_names(tree: &Tree) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in tree.rust_files() {
        let mut is_test = false;
        for (_, line) in file.code_lines() {
            let line = line.trim();
            if line.starts_with("#[") && line.contains("test") && !line.contains("cfg(") {
                is_test = true;
            } else if let Some((_, after)) = line.split_once("fn ").filter(|_| is_test) {
                names.extend(after.split(['(', '<']).next().map(str::to_owned));
                is_test = false;
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::planted::found;
    use super::*;

    const TESTS: &str = "//! Tests.\n#[tokio::test(start_paused = true)]\n#[expect(x)]\nasync fn holds_it() {}\n\
                         fn not_a_test() {}\n#[test]\nfn caps_hold<T>() {}\n";

    #[track_caller]
    fn check(line: &str, n_findings: usize) {
        let document = format!("# Map\n\n{line}\n");
        let files = [(DOCUMENT, document.as_str()), ("crates/x/tests/it/a.rs", TESTS)];
        let found = found(have_their_test, &files);
        assert_eq!(found.len(), n_findings, "{line}: {found:?}");
    }

    #[test]
    fn an_invariant_names_a_test_that_exists() {
        check("| I1 | one change per write | `holds_it` |", 0);
        check("- **I2** the caps hold: `queue::caps_hold` and `holds_it`", 0);
        check("| I3 | the `not_a_test` is not exported | `cargo xtask deps`, `caps_hold` |", 0);
        check("| I4 | one change per write | `holds_it_twice` |", 1);
        check("| I5 | one change per write | `not_a_test` |", 1);
        check("| I6 | one change per write | by care |", 1);
        check("| I7 | one change per write | `cargo xtask prayer` |", 1);
        check("- I8 both: `caps_hold`, `holds_not`", 1);
        check("In any case, `nothing_here` is an invariant; neither is IPv4.", 0);
    }

    #[test]
    fn a_missing_document_is_found() {
        assert_eq!(found(have_their_test, &[]), ["ARCHITECTURE.md:1"]);
    }
}
