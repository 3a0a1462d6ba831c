//! Clients of the API that others wrote or that are made of our document, each with a story.

use std::fs;
use std::process::Command;

use anyhow::Result;
use tempfile::TempDir;

use crate::document::document;
use crate::foreign_server::{self, Peer};
use crate::programs::{self, CLIENTS, SCIM2_SERVER, TYPESCRIPT};

/// What the generator is to call its package. It would take the title of the API, which others use.
const GENERATOR: &str = "package_name_override: scimitar_generated\npost_hooks: []\n";

#[test]
fn the_published_client_of_another_year_tells_its_story() -> Result<()> {
    let (Some(server), Some(clients)) = (programs::find(SCIM2_SERVER), programs::find(CLIENTS)) else {
        return Ok(());
    };
    let peer = Peer::start(&server)?;
    let service = programs::serve()?;
    let mut story = programs::client(&clients.join("python"), &service);
    story.env("REMOTE_URL", &peer.url).env("REMOTE_TOKEN", foreign_server::TOKEN);
    programs::run(story.arg(programs::script("published_client.py")))?;
    Ok(())
}

#[test]
fn a_python_client_is_made_of_the_document_checked_and_used() -> Result<()> {
    let Some(clients) = programs::find(CLIENTS) else { return Ok(()) };
    let folder = folder_with_document()?;
    let (made, story) = (folder.path().join("made"), programs::script("generated_client.py"));
    fs::write(folder.path().join("generator.yml"), GENERATOR)?;
    let mut generator = Command::new(clients.join("openapi-python-client"));
    generator.args(["generate", "--path", "document.json", "--config", "generator.yml", "--fail-on-warning"]);
    programs::run(generator.arg("--output-path").arg(&made).current_dir(folder.path()))?;

    let mut checker = Command::new(clients.join("mypy"));
    checker.args(["--strict", "--cache-dir"]).arg(folder.path().join("checked")).arg(&story);
    programs::run(checker.arg(made.join("scimitar_generated")).env("MYPYPATH", &made))?;

    let service = programs::serve()?;
    let mut python = programs::client(&clients.join("python"), &service);
    programs::run(python.arg(&story).env("PYTHONPATH", &made).env("PYTHONDONTWRITEBYTECODE", "1"))?;
    Ok(())
}

#[test]
fn typescript_types_are_made_of_the_document_checked_and_used() -> Result<()> {
    let Some(packages) = programs::find(TYPESCRIPT) else { return Ok(()) };
    let folder = folder_with_document()?;
    let program = |name: &str| packages.join("node_modules/.bin").join(name);
    // Packages are looked for from the file upwards.
    std::os::unix::fs::symlink(packages.join("node_modules"), folder.path().join("node_modules"))?;
    fs::write(folder.path().join("package.json"), r#"{"private": true, "type": "module"}"#)?;
    fs::copy(programs::script("generated_types.ts"), folder.path().join("story.ts"))?;
    let mut generator = Command::new(program("openapi-typescript"));
    programs::run(generator.args(["document.json", "--output", "schema.d.ts"]).current_dir(folder.path()))?;

    let mut compiler = Command::new(program("tsc"));
    compiler.args(["--strict", "--noUncheckedIndexedAccess", "--skipLibCheck"]);
    compiler.args(["--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom,dom.iterable"]);
    programs::run(compiler.arg("story.ts").current_dir(folder.path()))?;

    let service = programs::serve()?;
    let mut node = programs::client("node".as_ref(), &service);
    programs::run(node.arg("story.js").current_dir(folder.path()))?;
    Ok(())
}

fn folder_with_document() -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("document.json"), document("3.0")?)?;
    Ok(folder)
}
