//! Rules about the members' manifests.

use toml::Table;

use super::Finding;
use super::tree::{File, Tree};

const DEPENDENCIES: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

/// One set of lints for all.
pub(crate) fn lints_are_the_workspace_s(tree: &Tree) -> Vec<Finding> {
    check_each(tree, |file, manifest| {
        let inherited = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if inherited.and_then(toml::Value::as_bool) == Some(true) {
            return Vec::new();
        }
        vec![Finding::whole(&file.path, "lints", "add `[lints]` with `workspace = true`")]
    })
}

/// One version and one set of features for all: another set of features compiles the world again.
pub(crate) fn versions_stand_in_the_root(tree: &Tree) -> Vec<Finding> {
    check_each(tree, |file, manifest| {
        let own_version = |dependency: &toml::Value| {
            dependency.get("workspace").and_then(toml::Value::as_bool) != Some(true)
                || dependency.get("features").is_some()
        };
        DEPENDENCIES
            .iter()
            .filter_map(|section| manifest.get(*section)?.as_table())
            .flatten()
            .filter(|(_, dependency)| own_version(dependency))
            .map(|(name, _)| {
                let advice = format!(
                    "`{name}` belongs into [workspace.dependencies] with its features: here `{name}.workspace = true`"
                );
                Finding::at(&file.path, line_of(file, name), "workspace-dependency", advice)
            })
            .collect()
    })
}

/// Every build of a member is the same build: what differs is decided by settings at run time.
pub(crate) fn no_features(tree: &Tree) -> Vec<Finding> {
    check_each(tree, |file, manifest| {
        if !manifest.contains_key("features") {
            return Vec::new();
        }
        let advice = "no cargo features of our own: make it a setting or a crate";
        vec![Finding::at(&file.path, line_of(file, "[features]"), "features", advice)]
    })
}

fn check_each(tree: &Tree, check: impl Fn(&File, &Table) -> Vec<Finding>) -> Vec<Finding> {
    tree.member_manifests()
        .flat_map(|file| match file.text.parse::<Table>() {
            Ok(manifest) => check(file, &manifest),
            Err(error) => vec![Finding::whole(&file.path, "manifest", error.message().to_owned())],
        })
        .collect()
}

fn line_of(file: &File, start: &str) -> usize {
    file.lines().find(|(_, line)| line.starts_with(start)).map_or(1, |(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::super::planted::found;
    use super::*;

    const GOOD: &str = "[lints]\nworkspace = true\n[dependencies]\nserde.workspace = true\n";

    #[test]
    fn a_member_with_lints_of_its_own_is_found() {
        let files =
            [("crates/a/Cargo.toml", GOOD), ("crates/b/Cargo.toml", "[lints.rust]\n"), ("Cargo.toml", "")];
        assert_eq!(found(lints_are_the_workspace_s, &files), ["crates/b/Cargo.toml:1"]);
    }

    #[test]
    fn a_version_or_feature_in_a_member_is_found() {
        let version = "[dependencies]\nserde = \"1\"\n";
        let feature =
            "[dev-dependencies]\nx.workspace = true\ny = { workspace = true, features = [\"z\"] }\n";
        let files = [
            ("crates/a/Cargo.toml", GOOD),
            ("crates/b/Cargo.toml", version),
            ("crates/c/Cargo.toml", feature),
        ];
        assert_eq!(
            found(versions_stand_in_the_root, &files),
            ["crates/b/Cargo.toml:2", "crates/c/Cargo.toml:3"]
        );
    }

    #[test]
    fn a_cargo_feature_is_found() {
        let files = [("crates/a/Cargo.toml", GOOD), ("crates/b/Cargo.toml", "\n[features]\nfast = []\n")];
        assert_eq!(found(no_features, &files), ["crates/b/Cargo.toml:2"]);
    }

    #[test]
    fn a_manifest_that_does_not_parse_is_a_finding() {
        assert_eq!(found(no_features, &[("crates/a/Cargo.toml", "[")]), ["crates/a/Cargo.toml:1"]);
    }
}
