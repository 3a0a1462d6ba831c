//! Rules about files: what they are called, how they begin, how long they are.

use super::Finding;
use super::tree::{File, Tree};

/// Names that do not say what is inside.
const VAGUE: &[&str] = &["utils", "util", "common", "helpers", "helper", "manager", "misc", "core"];

const MAX_LINES: usize = 500;

/// Every file says on its first line what it is for.
pub(crate) fn header(tree: &Tree) -> Vec<Finding> {
    tree.rust_files()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| Finding::whole(&file.path, "header", "begin with a `//!` line that says the file's duty"))
        .collect()
}

/// A room that is too large to know has to be divided.
pub(crate) fn size(tree: &Tree) -> Vec<Finding> {
    tree.rust_files()
        .filter_map(|file| {
            let n_lines = file.text.lines().count();
            let advice = format!("{n_lines} lines, at most {MAX_LINES}: split it by what a reader looks for");
            (n_lines > MAX_LINES).then(|| Finding::at(&file.path, n_lines, "size", advice))
        })
        .collect()
}

/// `foo.rs` stands beside `foo/`.
pub(crate) fn no_mod_rs(tree: &Tree) -> Vec<Finding> {
    tree.rust_files()
        .filter(|file| file.name() == "mod.rs")
        .map(|file| Finding::whole(&file.path, "mod-rs", "call it after its folder and put it beside that"))
        .collect()
}

/// A name tells what is inside, for files, folders and modules.
pub(crate) fn no_vague_names(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_files() {
        for part in file.path.iter().filter_map(|part| part.to_str()) {
            let stem = part.strip_suffix(".rs").unwrap_or(part);
            if VAGUE.contains(&stem) {
                findings.push(Finding::whole(&file.path, "vague-name", vague(stem)));
            }
        }
        findings.extend(vague_modules(file));
    }
    findings
}

/// Modules inside a file; those with a file of their own are found by that.
fn vague_modules(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.code_lines() {
        let Some((_, after)) = line.split_once("mod ") else { continue };
        let name =
            after.split(|char: char| !char.is_alphanumeric() && char != '_').next().unwrap_or_default();
        if VAGUE.contains(&name) && after.contains('{') {
            findings.push(Finding::at(&file.path, number, "vague-name", vague(name)));
        }
    }
    findings
}

fn vague(name: &str) -> String {
    format!("`{name}` does not say what is inside: name it after that")
}

#[cfg(test)]
mod tests {
    use super::super::planted::found;
    use super::*;

    #[test]
    fn a_file_without_a_header_is_found() {
        let files = [("a.rs", "//! Good.\n"), ("crates/x/src/b.rs", "use std::fs;\n"), ("c.txt", "")];
        assert_eq!(found(header, &files), ["crates/x/src/b.rs:1"]);
    }

    #[test]
    fn a_file_of_501_lines_is_found() {
        let files = [("a.rs", &*"x\n".repeat(500)), ("b.rs", &*"x\n".repeat(501))];
        assert_eq!(found(size, &files), ["b.rs:501"]);
    }

    #[test]
    fn a_mod_rs_is_found_even_in_tests() {
        let files = [("x/tests/it/main.rs", ""), ("x/tests/it/v3/mod.rs", ""), ("x/src/modern.rs", "")];
        assert_eq!(found(no_mod_rs, &files), ["x/tests/it/v3/mod.rs:1"]);
    }

    #[test]
    fn a_vague_name_is_found_in_files_folders_and_inline_modules() {
        let files = [
            ("x/src/utils.rs", ""),
            ("x/src/helpers/a.rs", ""),
            ("x/src/core_users.rs", "mod commonplace;"),
            ("x/src/b.rs", "//! Of utils.\nmod common {\n}"),
        ];
        assert_eq!(
            found(no_vague_names, &files),
            ["x/src/utils.rs:1", "x/src/helpers/a.rs:1", "x/src/b.rs:2"]
        );
    }
}
