//! The rule that what we promise names what holds it, and that this exists: the invariants of `ARCHITECTURE.md`, the
//! rows of behaviour in `docs/outbound-behaviour.md` and `docs/inbound-behaviour.md`, the answers to complaints in
//! `docs/outbound-pains.md`, and the tests of endurance in `docs/endurance.md`.
//!
//! A promise is a line that begins with its number, such as `I3` or `U7`, in a table or a list. What holds it stands
//! in backticks, in the last cell of a table row or anywhere in another line: the name of a test function, or a
//! command of `cargo xtask`. A row of behaviour that is none of ours says so in the last cell instead; and so does, for
//! some letters, one that is still open.
//!
//! The requirements of inbound behaviour are counted: each stands there once, is held by a test that is called by its
//! number, or says that it is open.

use std::collections::BTreeSet;

use super::Finding;
use super::tree::{File, Tree};

/// A document that makes promises, and the letters that their numbers begin with.
struct Document {
    path: &'static str,
    letters: &'static [char],
    /// What a promise is called in findings.
    word: &'static str,
    /// The letter of those that are counted, and how many there are.
    counted: Option<(char, u16)>,
    /// The letters of those that may say that something is still missing.
    open: &'static [char],
}

const DOCUMENTS: &[Document] = &[
    Document { path: "ARCHITECTURE.md", letters: &['I'], word: "invariant", counted: None, open: &[] },
    Document {
        path: "docs/outbound-behaviour.md",
        letters: &['C', 'U', 'G', 'M', 'S', 'F', 'T', 'E', 'V', 'L'],
        word: "behaviour",
        counted: None,
        open: &['T'],
    },
    Document { path: "docs/outbound-pains.md", letters: &['P'], word: "answer", counted: None, open: &['P'] },
    Document {
        path: "docs/endurance.md",
        letters: &['R'],
        word: "test of endurance",
        counted: None,
        open: &[],
    },
    Document {
        path: "docs/inbound-behaviour.md",
        letters: &['R', 'A', 'D', 'S', 'U', 'G', 'P', 'L', 'M'],
        word: "behaviour",
        counted: Some(('R', 133)),
        open: &['R'],
    },
];

/// How the last cell of a row begins that nothing of ours has to hold.
const NOT_OURS: &str = "does not apply: ";

/// How it begins where something is still missing.
const OPEN: &str = "open: ";

const COMMANDS: &[&str] = &["tidy", "deps", "deny", "openapi check", "ci"];

pub(crate) fn have_their_test(tree: &Tree) -> Vec<Finding> {
    let tests = test_names(tree);
    DOCUMENTS.iter().flat_map(|document| document.findings(tree, &tests)).collect()
}

impl Document {
    fn findings(&self, tree: &Tree, tests: &BTreeSet<String>) -> Vec<Finding> {
        let Some(text) = tree.find(self.path) else {
            return vec![Finding::whole(self.path, self.word, "a map of the house is missing")];
        };
        let mut findings = self.uncounted(text);
        for (number, line) in text.lines().filter(|(_, line)| is_numbered(line, self.letters)) {
            let place = last_cell(line);
            let requirement = self.requirement(line);
            if place.starts_with(NOT_OURS) || (is_numbered(line, self.open) && place.starts_with(OPEN)) {
                continue;
            }
            let holders = holders(place);
            if let Some(requirement) = requirement
                && !holders.iter().any(|holder| is_called_by(function_name(holder), requirement))
            {
                let advice = format!("no test named here is called by the number {requirement}");
                findings.push(Finding::at(self.path, number, self.word, advice));
            }
            if holders.is_empty() {
                let advice = format!("name the test that holds this {}, in backticks", self.word);
                findings.push(Finding::at(self.path, number, self.word, advice));
            }
            for missing in holders.iter().filter(|holder| !exists(holder, tests)) {
                let advice =
                    format!("there is no test `{missing}`: write it, or name the one that holds this");
                findings.push(Finding::at(self.path, number, self.word, advice));
            }
        }
        findings
    }

    /// The number of a promise that is counted.
    fn requirement(&self, line: &str) -> Option<u16> {
        let (letter, _) = self.counted?;
        let start = line.trim_start_matches(|char: char| !char.is_alphanumeric());
        let digits = start.strip_prefix(letter)?;
        digits.split(|char: char| !char.is_ascii_digit()).next()?.parse().ok()
    }

    /// The numbers that do not stand there exactly once.
    fn uncounted(&self, text: &File) -> Vec<Finding> {
        let Some((letter, n)) = self.counted else { return Vec::new() };
        let there: Vec<u16> = text
            .lines()
            .filter(|(_, line)| is_numbered(line, self.letters))
            .filter_map(|(_, line)| self.requirement(line))
            .collect();
        let is_once = |number: &u16| there.iter().filter(|it| *it == number).count() == 1;
        let wrong = (1..=n).filter(|number| !is_once(number));
        wrong
            .map(|number| {
                Finding::whole(self.path, self.word, format!("`{letter}{number}` must stand here once"))
            })
            .collect()
    }
}

/// Whether a line begins with a number behind one of these letters.
fn is_numbered(line: &str, letters: &[char]) -> bool {
    let start = line.trim_start_matches(|char: char| !char.is_alphanumeric());
    let Some(after) = start.strip_prefix(letters) else { return false };
    let n_digits = after.chars().take_while(char::is_ascii_digit).count();
    n_digits > 0 && !after.chars().nth(n_digits).is_some_and(char::is_alphanumeric)
}

/// The last cell of a table row; any other line as a whole.
fn last_cell(line: &str) -> &str {
    let cells = line.trim().trim_end_matches('|');
    cells.rsplit_once('|').map_or(cells, |(_, last)| last).trim()
}

/// The words in backticks that look like a test or a command of ours.
fn holders(place: &str) -> Vec<&str> {
    place.split('`').skip(1).step_by(2).filter(|word| is_holder(word)).collect()
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

/// Whether a test is called by a number: `r007_…`, `requirement_7_…`, `requirements_5_and_7_…`, `requirements_5_to_9_…`.
fn is_called_by(name: &str, number: u16) -> bool {
    if let Some(digits) = name.strip_prefix('r').and_then(|rest| rest.get(..3))
        && let Ok(one) = digits.parse::<u16>()
    {
        return one == number;
    }
    let Some((_, rest)) = name.split_once('_').filter(|(word, _)| word.starts_with("requirement")) else {
        return false;
    };
    let mut before: Option<u16> = None;
    let mut is_range = false;
    for word in rest.split('_') {
        match (word, word.parse::<u16>()) {
            ("to", _) => is_range = true,
            ("and", _) => is_range = false,
            (_, Ok(one)) => {
                let from = before.filter(|_| is_range).unwrap_or(one);
                if (from..=one).contains(&number) {
                    return true;
                }
                (before, is_range) = (Some(one), false);
            }
            (_, Err(_)) => return false,
        }
    }
    false
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
                         fn not_a_test() {}\n#[test]\nfn caps_hold<T>() {}\n#[test]\nfn requirement_7_slashes() {}\n";

    #[track_caller]
    fn check_in(path: &str, line: &str, n_findings: usize) {
        let document = format!("# Map\n\n{line}\n");
        let mut files = vec![(path, document.as_str()), ("crates/x/tests/it/a.rs", TESTS)];
        files
            .extend(DOCUMENTS.iter().filter(|other| other.path != path).map(|other| (other.path, "# Map\n")));
        let mut found = found(have_their_test, &files);
        // The other requirements, which stand nowhere here.
        found.retain(|finding| finding != "docs/inbound-behaviour.md:1");
        assert_eq!(found.len(), n_findings, "{line}: {found:?}");
    }

    #[track_caller]
    fn check(line: &str, n_findings: usize) {
        check_in("ARCHITECTURE.md", line, n_findings);
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
    fn a_row_of_behaviour_names_a_test_that_exists_or_says_why_none_is_needed() {
        let check = |line, n_findings| check_in("docs/outbound-behaviour.md", line, n_findings);
        check("| U1 | a user is made | `holds_it` |", 0);
        check("| M3' | the same | `holds_it`, `caps_hold` |", 0);
        check("| M4 | a newer form | does not apply: `never_released` is not there |", 0);
        check("| C2 | a default | `holds_nothing` |", 1);
        check("| G7 | a filter | later |", 1);
        check("| I1 | an invariant stands elsewhere | by care |", 0);
        check("| L1 | beyond what was released | `holds_nothing` |", 1);
        check("| T1 | a grant | open: nobody has written it |", 0);
        check("| U1 | a user is made | open: nobody has written it |", 1);
    }

    #[test]
    fn a_complaint_is_answered_by_a_test_that_exists_or_open() {
        let check = |line, n_findings| check_in("docs/outbound-pains.md", line, n_findings);
        check("| P1 | what leaves | `holds_it` |", 0);
        check("| P2 | what leaves | `holds_it`, `holds_nothing` |", 1);
        check("| P3 | what leaves | open: nobody has written it |", 0);
        check("| P4 | what leaves | does not apply: nobody asks |", 0);
        check("| P5 | what leaves | by care |", 1);
    }

    #[test]
    fn a_requirement_is_held_by_a_test_of_its_number_or_open() {
        let check = |line, n_findings| check_in("docs/inbound-behaviour.md", line, n_findings);
        check("| R7 | slashes | `requirement_7_slashes` |", 0);
        check("| R7 | slashes | `holds_it` |", 1);
        check("| R8 | slashes | `requirement_7_slashes` |", 1);
        check("| R9 | slashes | open: nobody has written it |", 0);
        check("| R9 | slashes | does not apply: nobody asks |", 0);
        check("| G1 | a group | `holds_it` |", 0);
        check("| G1 | a group | open: nobody has written it |", 1);
    }

    #[test]
    fn every_requirement_stands_there_once() {
        let findings = |rows: &str| {
            let files = [
                ("docs/inbound-behaviour.md", rows),
                ("docs/outbound-behaviour.md", "# Map\n"),
                ("docs/outbound-pains.md", "# Map\n"),
                ("docs/endurance.md", "# Map\n"),
                ("ARCHITECTURE.md", "# Map\n"),
            ];
            found(have_their_test, &files).len()
        };
        let rows = |numbers: std::ops::RangeInclusive<u16>| -> String {
            numbers.map(|number| format!("| R{number} | x | open: y |")).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(findings(&rows(1..=133)), 0);
        assert_eq!(findings(&rows(2..=132)), 2);
        assert_eq!(findings(&format!("{}\n{}", rows(1..=133), rows(5..=6))), 2);
    }

    #[test]
    fn tests_are_called_by_their_numbers() {
        for (name, number, expected) in [
            ("r007_slashes", 7, true),
            ("r007_slashes", 70, false),
            ("requirement_7_slashes_of_8", 7, true),
            ("requirement_7_slashes_of_8", 8, false),
            ("requirements_7_and_9_slashes", 8, false),
            ("requirements_7_and_9_slashes", 9, true),
            ("requirements_7_to_9_slashes", 8, true),
            ("requirements_7_to_9_and_12_slashes", 11, false),
            ("requirements_7_to_9_and_12_slashes", 12, true),
            ("of_7_slashes", 7, false),
        ] {
            assert_eq!(is_called_by(name, number), expected, "{name} {number}");
        }
    }

    #[test]
    fn a_missing_document_is_found() {
        let expected: Vec<String> = DOCUMENTS.iter().map(|document| format!("{}:1", document.path)).collect();
        assert_eq!(found(have_their_test, &[]), expected);
    }
}
