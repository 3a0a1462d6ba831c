//! The list of what differs from the contract on purpose. It is compared exactly: a difference that is not
//! listed is an error, and so is a line that has become untrue.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::Difference;
use super::contract::Found;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deviations {
    /// Ids of documented operations that are still to be served.
    #[serde(default)]
    not_yet: BTreeSet<String>,
    #[serde(default)]
    deviation: Vec<Deviation>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deviation {
    at: String,
    difference: String,
    reason: String,
}

impl Deviations {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("could not read `{}`", path.display()))?;
        toml::from_str(&text).with_context(|| format!("`{}` is not a list of deviations", path.display()))
    }

    pub(crate) fn knows(&self, difference: &Difference) -> bool {
        self.deviation.iter().any(|deviation| deviation.is_about(difference))
    }

    /// What has to be done so that the list and the documents agree.
    pub(crate) fn judge(&self, found: &Found) -> Vec<String> {
        let mut findings = Vec::new();
        for operation in found.missing.difference(&self.not_yet) {
            findings.push(format!("{operation}: is documented and not served"));
        }
        for operation in self.not_yet.difference(&found.missing) {
            let why = if found.present.contains(operation) { "is served" } else { "is not documented" };
            findings.push(format!("{operation}: {why}: remove it from `not_yet`"));
        }
        for difference in found.differences.iter().filter(|difference| !self.knows(difference)) {
            findings.push(difference.to_string());
        }
        for deviation in &self.deviation {
            if deviation.reason.trim().is_empty() {
                findings
                    .push(format!("{}: {}: a deviation needs a reason", deviation.at, deviation.difference));
            }
            if !found.differences.iter().any(|difference| deviation.is_about(difference)) {
                let line = format!("{}: {}", deviation.at, deviation.difference);
                findings.push(format!("{line}: does not differ any more: remove the deviation"));
            }
        }
        findings
    }
}

impl Deviation {
    fn is_about(&self, difference: &Difference) -> bool {
        self.at == difference.at && self.difference == difference.what
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"
        not_yet = ["users_list"]
        [[deviation]]
        at = "User.name"
        difference = "became nullable"
        reason = "C99: a name may be unknown"
    "#;

    fn found(missing: &[&str], present: &[&str], differences: &[(&str, &str)]) -> Found {
        let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        let difference =
            |(at, what): &(&str, &str)| Difference { at: (*at).to_owned(), what: (*what).to_owned() };
        Found {
            missing: owned(missing),
            present: owned(present),
            differences: differences.iter().map(difference).collect(),
        }
    }

    #[track_caller]
    fn check(list: &str, found: &Found, expected: &[&str]) {
        let list: Deviations = toml::from_str(list).expect("a list");
        assert_eq!(list.judge(found), expected);
    }

    #[test]
    fn the_list_and_the_documents_agree_exactly() {
        let nullable = ("User.name", "became nullable");
        check(LIST, &found(&["users_list"], &[], &[nullable]), &[]);
        check(
            LIST,
            &found(&["users_list", "users_create"], &[], &[nullable, ("User.pk", "is gone")]),
            &["users_create: is documented and not served", "User.pk: is gone"],
        );
    }

    #[test]
    fn the_list_only_shrinks() {
        check(
            LIST,
            &found(&[], &["users_list"], &[]),
            &[
                "users_list: is served: remove it from `not_yet`",
                "User.name: became nullable: does not differ any more: remove the deviation",
            ],
        );
        check(
            "not_yet = [\"unheard_of\"]",
            &found(&[], &[], &[]),
            &["unheard_of: is not documented: remove it from `not_yet`"],
        );
    }

    #[test]
    fn a_deviation_without_a_reason_is_refused() {
        let list = "[[deviation]]\nat = \"a\"\ndifference = \"b\"\nreason = \" \"\n";
        check(list, &found(&[], &[], &[("a", "b")]), &["a: b: a deviation needs a reason"]);
    }
}
