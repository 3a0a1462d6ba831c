//! The rule that links from one of our documents to another lead somewhere.

use std::path::{Component, Path, PathBuf};

use super::Finding;
use super::tree::Tree;

pub(crate) fn lead_somewhere(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.with_extension("md") {
        let folder = file.path.parent().unwrap_or(Path::new(""));
        for (number, line) in file.lines() {
            for target in targets(line) {
                let path = resolve(folder, target);
                if tree.find(&path).is_none() && !tree.has_folder(&path) {
                    let advice = format!("`{target}` leads nowhere: correct or remove the link");
                    findings.push(Finding::at(&file.path, number, "link", advice));
                }
            }
        }
    }
    findings
}

/// The files that the links of a line name; addresses and places within the same page are left out.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|after| {
        let target = after.split([')', '#', ' ']).next().unwrap_or_default();
        (!target.is_empty() && !target.contains(':')).then_some(target)
    })
}

fn resolve(folder: &Path, target: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for component in folder.join(target).components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => path.push(component),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::super::planted::found;
    use super::*;

    #[test]
    fn a_link_to_nothing_is_found() {
        let text =
            "[a](../README.md#start) [b](https://example.com/x) [c](#here)\n[d](decisions)\n[e](gone.md)\n";
        let files = [("README.md", ""), ("docs/a.md", text), ("docs/decisions/1.md", "")];
        assert_eq!(found(lead_somewhere, &files), ["docs/a.md:3"]);
    }
}
