//! The rule about the twin folders of migrations.

use std::collections::BTreeSet;
use std::path::Path;

use super::Finding;
use super::tree::Tree;

const ENGINES: [&str; 2] = ["sqlite", "postgres"];

/// Both engines have the same steps, and every step has its way back.
pub(crate) fn twins(tree: &Tree) -> Vec<Finding> {
    let steps: BTreeSet<String> = ENGINES.iter().flat_map(|engine| steps_of(tree, engine)).collect();
    let mut findings = Vec::new();
    for step in &steps {
        for engine in ENGINES {
            for file in ["up.sql", "down.sql"] {
                let path = Path::new("migrations").join(engine).join(step).join(file);
                if tree.find(&path).is_none() {
                    findings.push(Finding::whole(path, "twin-migration", "this file is missing: write it"));
                }
            }
        }
    }
    findings
}

fn steps_of(tree: &Tree, engine: &str) -> BTreeSet<String> {
    let folder = Path::new("migrations").join(engine);
    tree.files()
        .filter_map(|file| {
            let inside = file.path.strip_prefix(&folder).ok()?;
            // A file directly in the engine's folder is not a step.
            (inside.components().count() > 1).then_some(())?;
            Some(inside.iter().next()?.to_str()?.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::planted::found;
    use super::*;

    #[test]
    fn a_step_without_its_twin_or_its_way_back_is_found() {
        let files = [
            ("migrations/sqlite/0001_users/up.sql", ""),
            ("migrations/sqlite/0001_users/down.sql", ""),
            ("migrations/postgres/0001_users/up.sql", ""),
            ("migrations/sqlite/README.md", ""),
        ];
        assert_eq!(found(twins, &files), ["migrations/postgres/0001_users/down.sql:1"]);
        assert_eq!(
            found(twins, &files[..2]),
            ["migrations/postgres/0001_users/up.sql:1", "migrations/postgres/0001_users/down.sql:1"]
        );
    }
}
