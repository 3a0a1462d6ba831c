//! `cargo xtask deps`: the arrows between our crates, compared with the table in which they are drawn.

mod table;

use anyhow::{Result, bail};

use self::table::{DEV_ONLY, LAYERS, OWNERS};
use crate::report;
use crate::workspace::{Kind, Package, Workspace};

/// Common beginning of our crates' names; the program itself is `scimitar`.
const PREFIX: &str = "scimitar-";

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let findings = findings(&workspace.packages);
    for finding in &findings {
        report::line(finding);
    }
    if !findings.is_empty() {
        bail!("{} arrows are not in the table of xtask/src/deps/table.rs", findings.len());
    }
    report::line(format!("deps: {} crates, no arrow outside the table", workspace.packages.len()));
    Ok(())
}

fn findings(packages: &[Package]) -> Vec<String> {
    packages.iter().flat_map(|package| [in_house(package), owned(package)].concat()).collect()
}

/// Arrows between our own crates.
fn in_house(package: &Package) -> Vec<String> {
    let name = short(&package.name);
    let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
        return vec![format!("`{name}` is not in the table: say below which crates it stands")];
    };
    let is_allowed = |to: &str, kind| match kind {
        None => allowed.contains(&to),
        // A crate may be tested with what it may use anyway, and with the testkit and what that stands on.
        Some(Kind::Dev) => to == DEV_ONLY || allowed.contains(&to) || stands_under_testkit(to),
        Some(Kind::Build) => false,
    };
    package
        .dependencies
        .iter()
        .filter(|dependency| is_ours(&dependency.name))
        .filter(|dependency| !is_allowed(short(&dependency.name), dependency.kind))
        .map(|dependency| {
            format!("`{name}` must not know `{}`: a new arrow needs a decision", short(&dependency.name))
        })
        .collect()
}

/// Third parties that have one home. Tests may use them anywhere.
fn owned(package: &Package) -> Vec<String> {
    let name = short(&package.name);
    let mut findings = Vec::new();
    for dependency in package.dependencies.iter().filter(|dependency| dependency.kind != Some(Kind::Dev)) {
        let Some((_, homes)) = OWNERS.iter().find(|(crates, _)| crates.contains(&dependency.name.as_str()))
        else {
            continue;
        };
        if !homes.contains(&name) {
            findings.push(format!(
                "`{name}` must not use `{}`: its home is {}",
                dependency.name,
                homes.join(", ")
            ));
        }
    }
    findings
}

fn stands_under_testkit(name: &str) -> bool {
    LAYERS.iter().any(|(layer, below)| *layer == DEV_ONLY && below.contains(&name))
}

fn is_ours(name: &str) -> bool {
    name.starts_with(PREFIX) || name == "scimitar" || name == "xtask"
}

fn short(name: &str) -> &str {
    match name {
        "scimitar" => "cli",
        _ => name.strip_prefix(PREFIX).unwrap_or(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    #[track_caller]
    fn check(from: &str, to: &str, kind: Option<Kind>, n_findings: usize) {
        let package =
            Package { name: from.to_owned(), dependencies: vec![Dependency { name: to.to_owned(), kind }] };
        let found = findings(&[package]);
        assert_eq!(found.len(), n_findings, "{from} -> {to}: {found:?}");
    }

    #[test]
    fn arrows_of_the_table_pass_and_others_do_not() {
        check("scimitar-store", "scimitar-domain", None, 0);
        check("scimitar-domain", "scimitar-store", None, 1);
        check("scimitar-store", "scimitar-client", None, 1);
        check("scimitar-sync", "scimitar-http", None, 1);
        check("scimitar", "scimitar-http", None, 0);
        check("scimitar-scim", "scimitar-domain", None, 1);
        check("scimitar-scim", "scimitar-domain", Some(Kind::Build), 1);
        check("scimitar-unheard-of", "serde", None, 1);
    }

    #[test]
    fn the_testkit_is_for_tests_only() {
        check("scimitar-sync", "scimitar-testkit", Some(Kind::Dev), 0);
        check("scimitar-sync", "scimitar-testkit", None, 1);
        check("scimitar-sync", "scimitar-http", Some(Kind::Dev), 1);
    }

    #[test]
    fn a_third_party_has_one_home() {
        check("scimitar-store", "diesel", None, 0);
        check("scimitar-http", "diesel", None, 1);
        check("scimitar-http", "reqwest", None, 1);
        check("scimitar-http", "reqwest", Some(Kind::Dev), 0);
        check("scimitar-domain", "anyhow", None, 1);
    }

    #[test]
    fn the_graph_of_this_workspace_is_in_the_table() {
        let workspace = Workspace::load().expect("cargo describes the workspace");
        assert_eq!(findings(&workspace.packages), Vec::<String>::new());
    }
}
