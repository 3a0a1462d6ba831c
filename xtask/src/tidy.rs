//! `cargo xtask tidy`: what no compiler and no lint checks, one small rule after the other.

mod code;
mod invariants;
mod lexer;
mod links;
mod manifests;
mod migrations;
mod names;
mod tree;
mod words;

use std::fmt;
use std::path::PathBuf;

use anyhow::{Result, bail};

use self::tree::Tree;
use crate::report;
use crate::workspace::Workspace;

/// A rule looks at the whole tree and reports what it does not like.
type Rule = fn(&Tree) -> Vec<Finding>;

const RULES: &[Rule] = &[
    names::header,
    names::size,
    names::no_mod_rs,
    names::no_vague_names,
    code::no_stand_ins,
    code::tests_do_not_sleep,
    manifests::lints_are_the_workspace_s,
    manifests::versions_stand_in_the_root,
    manifests::no_features,
    migrations::twins,
    invariants::have_their_test,
    links::lead_somewhere,
    words::no_machine_paths_or_registries,
];

/// One line for the reader: where, which rule, and what to do.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: PathBuf,
    line: usize,
    rule: &'static str,
    advice: String,
}

impl Finding {
    /// About a file as a whole.
    fn whole(path: impl Into<PathBuf>, rule: &'static str, advice: impl Into<String>) -> Self {
        Self::at(path, 1, rule, advice)
    }

    fn at(path: impl Into<PathBuf>, line: usize, rule: &'static str, advice: impl Into<String>) -> Self {
        Self { path: path.into(), line, rule, advice: advice.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path.display(), self.line, self.rule, self.advice)
    }
}

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let tree = Tree::read(workspace)?;
    let findings = findings(&tree);
    for finding in &findings {
        report::line(finding);
    }
    if !findings.is_empty() {
        bail!("the tree is not tidy: {} findings", findings.len());
    }
    report::line(format!("tidy: {} files, {} rules", tree.n_files(), RULES.len()));
    Ok(())
}

fn findings(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(tree)).collect();
    findings.sort();
    findings
}

#[cfg(test)]
pub(crate) mod planted {
    //! Trees with a fault in them.

    use super::*;

    /// The `path:line` of everything that a rule finds in a tree of these files.
    pub(crate) fn found(rule: Rule, files: &[(&str, &str)]) -> Vec<String> {
        let tree = Tree::of(files);
        rule(&tree).iter().map(|finding| format!("{}:{}", finding.path.display(), finding.line)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_tree_is_tidy() {
        let workspace = Workspace::load().expect("cargo describes the workspace");
        let tree = Tree::read(&workspace).expect("our own files are readable");
        let report: Vec<String> = findings(&tree).iter().map(ToString::to_string).collect();
        assert!(report.is_empty(), "\n{}", report.join("\n"));
    }

    #[test]
    fn a_finding_says_where_which_rule_and_what_to_do() {
        let finding = Finding::at("crates/x/src/lib.rs", 3, "size", "split it");
        assert_eq!(finding.to_string(), "crates/x/src/lib.rs:3: size: split it");
    }
}
