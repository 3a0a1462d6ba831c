//! The text files of the repository, held in memory so that a rule is a pure function.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::lexer;
use crate::workspace::Workspace;

/// Folders that are not ours: what builds, tools and editors leave behind.
const FOREIGN: &[&str] = &["target", "node_modules"];

/// Hidden folders that are ours all the same.
const HIDDEN: &[&str] = &[".cargo", ".ci"];

#[derive(Debug)]
pub(crate) struct Tree {
    /// In the order of their paths.
    files: Vec<File>,
}

#[derive(Debug)]
pub(crate) struct File {
    /// Relative to the root.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Tree {
    pub(crate) fn read(workspace: &Workspace) -> Result<Self> {
        let mut files = Vec::new();
        read_folder(workspace, &workspace.root, &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { files })
    }

    pub(crate) fn n_files(&self) -> usize {
        self.files.len()
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    pub(crate) fn rust_files(&self) -> impl Iterator<Item = &File> {
        self.with_extension("rs")
    }

    pub(crate) fn with_extension(&self, extension: &str) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| file.path.extension().is_some_and(|found| found == extension))
    }

    /// The manifests of the members; the root's is not one of them.
    pub(crate) fn member_manifests(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| {
            file.path.file_name().is_some_and(|name| name == "Cargo.toml")
                && file.path.components().count() > 1
        })
    }

    pub(crate) fn find(&self, path: impl AsRef<Path>) -> Option<&File> {
        self.files.iter().find(|file| file.path == path.as_ref())
    }

    pub(crate) fn has_folder(&self, path: &Path) -> bool {
        self.files.iter().any(|file| file.path.starts_with(path))
    }

    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| File { path: path.into(), text: (*text).to_owned() });
        Self { files: files.collect() }
    }
}

impl File {
    pub(crate) fn name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// Lines with their numbers.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().zip(1..).map(|(line, number)| (number, line))
    }

    /// The lines of a Rust file with comments and literals blanked out.
    pub(crate) fn code_lines(&self) -> Vec<(usize, String)> {
        lexer::code_only(&self.text)
            .lines()
            .zip(1..)
            .map(|(line, number)| (number, line.to_owned()))
            .collect()
    }
}

fn read_folder(workspace: &Workspace, folder: &Path, files: &mut Vec<File>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("could not list `{}`", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let hidden = name.starts_with('.') && !HIDDEN.contains(&name.as_str());
            if !hidden && !FOREIGN.contains(&name.as_str()) && path != workspace.target {
                read_folder(workspace, &path, files)?;
            }
        } else if kind.is_file() {
            // Files that are not UTF-8 are data: no rule is about them.
            if let Ok(text) = fs::read_to_string(&path) {
                files.push(File { path: path.strip_prefix(&workspace.root)?.to_path_buf(), text });
            }
        }
    }
    Ok(())
}
