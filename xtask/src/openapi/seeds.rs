//! The five documented operations that the project began with. Nothing about them may differ, listed or not.
//!
//! Each file is one operation without references: whatever a component is called, its fields are compared.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::contract::{self, METHODS};
use super::normal;
use super::schema::Renamed;

/// How many there are: a folder that lost one would check less without anybody noticing.
const COUNT: usize = 5;

/// One operation, and whether it was taken from a page that does not tell which fields are read-only.
#[derive(Debug)]
struct Seed {
    document: Value,
    tells_read_only: bool,
}

/// What the served document owes the operations in `folder`.
pub(crate) fn faults(folder: &Path, served: &Value) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("could not read `{}`", folder.display()))? {
        files.push(entry?.path());
    }
    files.sort();
    ensure!(
        files.len() == COUNT,
        "`{}` holds {} operations instead of {COUNT}",
        folder.display(),
        files.len()
    );
    let mut faults = Vec::new();
    for file in files {
        let text =
            fs::read_to_string(&file).with_context(|| format!("could not read `{}`", file.display()))?;
        let operation: Value =
            serde_json::from_str(&text).with_context(|| format!("`{}`", file.display()))?;
        faults.extend(against(&Seed::read(&operation)?, served));
    }
    Ok(faults)
}

fn against(seed: &Seed, served: &Value) -> Vec<String> {
    let mut open = normal::without_references(served);
    if !seed.tells_read_only {
        forget_read_only(&mut open);
    }
    let found = contract::compare_normal(&normal::normal(&seed.document), &open, &Renamed::new());
    // One that is not served at all is missing from the documented API too, and told of there.
    found.differences.iter().map(|it| format!("seed {it}")).collect()
}

impl Seed {
    /// A document with only this operation in it.
    fn read(operation: &Value) -> Result<Self> {
        let text = |name: &str| {
            let text = operation.get(name).and_then(Value::as_str);
            text.with_context(|| format!("a seed does not say its `{name}`")).map(str::to_owned)
        };
        let (method, path) = (text("method")?, text("path")?);
        ensure!(METHODS.contains(&method.as_str()), "`{method}` is not a method of a seed");
        let hidden = operation.pointer("/x-seed/notShownOnPage").and_then(Value::as_array);
        let tells_read_only = !hidden.is_some_and(|hidden| hidden.contains(&json!("readOnly flags")));
        let document = json!({
            "servers": operation.get("servers"),
            "components": {"securitySchemes": operation.get("securitySchemes")},
            "paths": {path: {method: operation}},
        });
        Ok(Self { document, tells_read_only })
    }
}

fn forget_read_only(node: &mut Value) {
    match node {
        Value::Object(fields) => {
            // A field of that name is a schema and not a flag.
            if fields.get("readOnly").is_some_and(Value::is_boolean) {
                fields.shift_remove("readOnly");
            }
            fields.values_mut().for_each(forget_read_only);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_read_only),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::planted::{documented, with, without};
    use super::*;

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/contract/seeds")
    }

    #[track_caller]
    fn check(served: &Value, expected: &[&str]) {
        assert_eq!(faults(&folder(), served).expect("the seeds can be read"), expected);
    }

    #[test]
    fn the_documented_api_holds_all_seeds() {
        check(&documented(), &[]);
    }

    #[test]
    fn a_seed_that_differs_is_found() {
        let path = "/paths/~1providers~1scim_users~1";
        check(
            &without(&format!("{path}/post/responses/403")),
            &["seed providers_scim_users_create: answer 403 is gone"],
        );
        let scim_id = "/components/schemas/SCIMProviderUser/properties/scim_id/nullable";
        check(
            &with(scim_id, json!(true)),
            &[
                "seed providers_scim_users_create.201.scim_id: became nullable",
                "seed providers_scim_users_retrieve.200.scim_id: became nullable",
            ],
        );
        check(
            &with("/components/schemas/SCIMProviderUser/properties/id/readOnly", json!(false)),
            &[
                "seed providers_scim_users_create.201.id: readOnly: false instead of true",
                "seed providers_scim_users_retrieve.200.id: readOnly: false instead of true",
            ],
        );
    }

    #[test]
    fn a_folder_that_lost_a_seed_is_an_error() {
        let empty = tempfile::tempdir().expect("a folder");
        assert!(faults(empty.path(), &documented()).is_err());
    }
}
