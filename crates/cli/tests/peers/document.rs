//! Our document in the eyes of a validator that somebody else wrote, in both versions of OpenAPI.

use std::fs;
use std::process::Command;

use anyhow::Result;

use crate::programs::{self, CLIENTS};

#[test]
fn the_document_is_valid_in_both_versions() -> Result<()> {
    let Some(clients) = programs::find(CLIENTS) else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    for version in ["3.0", "3.1"] {
        let document = document(version)?;
        let file = folder.path().join("document.json");
        fs::write(&file, &document)?;
        programs::run(Command::new(clients.join("openapi-spec-validator")).arg(&file))?;

        // It finds faults where there are some.
        fs::write(&file, document.replace("\"responses\"", "\"answers\""))?;
        assert!(programs::run(Command::new(clients.join("openapi-spec-validator")).arg(&file)).is_err());
    }
    Ok(())
}

/// What the program says of its API.
pub(crate) fn document(version: &str) -> Result<String> {
    programs::run(Command::new(env!("CARGO_BIN_EXE_scimitar")).args(["openapi", "--version", version]))
}
