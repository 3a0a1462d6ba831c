//! Inputs to begin with: the cases of the protocol's own tests, and what earlier runs found worth keeping.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use toml::{Table, Value};

/// A target's own inputs, one in each line with everything escaped that is no ASCII.
fn file(root: &Path, target: &str) -> PathBuf {
    root.join("fuzz/corpus").join(format!("{target}.txt"))
}

/// Where inputs are put that break something.
pub(crate) fn findings(root: &Path) -> PathBuf {
    root.join("fuzz/findings")
}

/// The inputs that belong to nobody: the cases of the protocol's tests.
pub(crate) fn seeds(root: &Path) -> Result<Vec<Vec<u8>>> {
    from_tests(&root.join("crates/scim/tests/corpus"))
}

/// What earlier runs kept.
pub(crate) fn kept(root: &Path, target: &str) -> Result<Vec<Vec<u8>>> {
    let file = file(root, target);
    if !file.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(&file).with_context(|| format!("could not read `{}`", file.display()))?;
    text.lines().map(|line| unescape(line).with_context(|| format!("`{line}` is no input"))).collect()
}

/// Keep these inputs and no others.
pub(crate) fn keep(root: &Path, target: &str, inputs: &[Vec<u8>]) -> Result<()> {
    let mut lines: Vec<_> = inputs.iter().map(|input| format!("{}\n", input.escape_ascii())).collect();
    lines.sort();
    let file = file(root, target);
    fs::create_dir_all(root.join("fuzz/corpus"))?;
    fs::write(&file, lines.concat()).with_context(|| format!("could not write `{}`", file.display()))
}

/// The opposite of `escape_ascii`.
fn unescape(line: &str) -> Option<Vec<u8>> {
    let mut bytes = line.bytes();
    let mut input = Vec::with_capacity(line.len());
    while let Some(byte) = bytes.next() {
        input.push(match byte {
            b'\\' => match bytes.next()? {
                b't' => b'\t',
                b'r' => b'\r',
                b'n' => b'\n',
                b'x' => {
                    let digits = [bytes.next()?, bytes.next()?];
                    u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
                }
                other => other,
            },
            other => other,
        });
    }
    Some(input)
}

/// Every text in the tables of cases: filters, paths, bodies.
fn from_tests(folder: &Path) -> Result<Vec<Vec<u8>>> {
    let mut texts = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("could not list `{}`", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            texts.extend(from_tests(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let text = fs::read_to_string(&path)?;
            let table: Table = text.parse().with_context(|| format!("`{}` is no TOML", path.display()))?;
            collect(&Value::Table(table), &mut texts);
        }
    }
    Ok(texts)
}

fn collect(value: &Value, into: &mut Vec<Vec<u8>>) {
    match value {
        Value::String(text) => into.push(text.as_bytes().to_vec()),
        Value::Array(elements) => elements.iter().for_each(|it| collect(it, into)),
        Value::Table(members) => members.iter().for_each(|(_, it)| collect(it, into)),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_input_is_the_same() {
        let all: Vec<u8> = (0..=255).chain(*b"\\x41 \"'\\n").collect();
        assert_eq!(unescape(&all.escape_ascii().to_string()), Some(all));
        assert_eq!(unescape("\\x4"), None);
    }
}
