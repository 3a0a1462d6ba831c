//! The rule that the tree knows nothing of one machine, nor of where packages come from.

use super::Finding;
use super::tree::{File, Tree};

/// Where somebody's checkout or scratch folder may lie. A test makes its own temporary folder.
const MACHINE_PATHS: &[&str] = &["/home/", "/root/", "/work/", "/tmp/", "/opt/"];

/// The path of an operation that looks like one of them.
const NOT_A_MACHINE_PATH: &str = "/root/config/";

/// Whoever builds may use a mirror: only the lock file names a registry.
const REGISTRIES: &[&str] = &["crates.io", "pypi.org", "pythonhosted.org", "npmjs.org", "artifactory"];

/// The file that must name them.
const HERE: &str = "xtask/src/tidy/words.rs";

pub(crate) fn no_machine_paths_or_registries(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files().filter(|file| !is_exempt(file)) {
        for (number, line) in file.lines() {
            let line = line.replace(NOT_A_MACHINE_PATH, "");
            for word in MACHINE_PATHS.iter().filter(|word| has_path(&line, word)) {
                let advice = format!("`{word}…` exists on one machine: use a relative or a temporary path");
                findings.push(Finding::at(&file.path, number, "machine-path", advice));
            }
            for word in REGISTRIES.iter().filter(|word| line.contains(*word)) {
                let advice = format!("`{word}` is one place among many: name the package only");
                findings.push(Finding::at(&file.path, number, "registry", advice));
            }
        }
    }
    findings
}

/// Whether an absolute path begins so: within a longer path or an address it is somebody's business.
fn has_path(line: &str, start: &str) -> bool {
    line.match_indices(start).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|char| char.is_alphanumeric() || "._-}/~*".contains(char))
    })
}

fn is_exempt(file: &File) -> bool {
    file.name() == "Cargo.lock" || file.path.to_str() == Some(HERE)
}

#[cfg(test)]
mod tests {
    use super::super::planted::found;
    use super::*;

    #[test]
    fn a_path_of_one_machine_is_found() {
        let text = "see /root/config/ and tests/work/a\nsee /home/ada/notes\n";
        assert_eq!(found(no_machine_paths_or_registries, &[("docs/a.md", text)]), ["docs/a.md:2"]);
    }

    #[test]
    fn a_registry_is_found_outside_the_lock_file() {
        let text = "from index.crates.io\n";
        let files = [("Cargo.lock", text), ("docs/a.md", text)];
        assert_eq!(found(no_machine_paths_or_registries, &files), ["docs/a.md:1"]);
    }
}
