//! How `scimitar` is to be started.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::process::Program;

/// The administrator's API key of every program that is launched here.
pub const TOKEN: &str = "the-administrators-key-of-this-story";

/// A command line, its environment, and the folder that it works in. The folder goes with the last clone.
#[derive(Debug, Clone)]
pub struct Launch {
    words: Vec<OsString>,
    environment: BTreeMap<String, String>,
    folder: Arc<TempDir>,
}

impl Launch {
    /// `scimitar serve` in a folder of its own, on a free port, that may call loopback.
    pub fn serve(program: impl AsRef<Path>) -> Result<Self> {
        let folder = TempDir::with_prefix("scimitar-").context("no temporary folder")?;
        let launch = Self {
            words: vec![program.as_ref().into(), "serve".into()],
            environment: BTreeMap::new(),
            folder: Arc::new(folder),
        };
        Ok(launch
            .env("SCIMITAR_HTTP__LISTEN", "127.0.0.1:0")
            .env("SCIMITAR_BOOTSTRAP_TOKEN", TOKEN)
            .env("SCIMITAR_EGRESS__ALLOW", "127.0.0.0/8,::1/128")
            // Tests and benches delete at will; what is about the guard sets its own measure.
            .env("SCIMITAR_SYNC__GUARD_PERCENT", "100")
            // It is measured by the clock on the wall, and a machine that runs tests does much else.
            .env("SCIMITAR_MAPPING__TIME_MS", "10000"))
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Another database than `scimitar.db` in the folder.
    #[must_use]
    pub fn database(self, url: impl Into<String>) -> Self {
        self.env("SCIMITAR_DATABASE__URL", url)
    }

    /// A shell that does something to itself before the program takes its place.
    #[must_use]
    pub fn after(mut self, preparation: &str) -> Self {
        let script = format!("{preparation}; exec \"$0\" \"$@\"");
        let shell: [OsString; 3] = ["sh".into(), "-c".into(), script.into()];
        self.words.splice(0..0, shell);
        self
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The SQLite file, if no other database was given.
    pub fn sqlite_file(&self) -> PathBuf {
        self.folder().join("scimitar.db")
    }

    /// Start it and wait until it listens.
    pub fn start(&self) -> Result<Program> {
        Program::start(self.clone())
    }

    /// Another command of the program in the same folder and environment, such as `sync`.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut words = self.words.iter();
        let mut command = Command::new(words.next().cloned().unwrap_or_default());
        command.args(words.filter(|word| *word != "serve")).args(arguments);
        self.prepare(&mut command);
        command
    }

    pub(super) fn serving(&self) -> Command {
        let mut words = self.words.iter();
        let mut command = Command::new(words.next().cloned().unwrap_or_default());
        command.args(words);
        self.prepare(&mut command);
        command
    }

    fn prepare(&self, command: &mut Command) {
        // What the test run is told by such variables is none of the program's business.
        let ours = |name: &OsString| name.to_str().is_some_and(|name| name.starts_with("SCIMITAR_"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
            command.env_remove(name);
        }
        command.envs(&self.environment).current_dir(self.folder());
    }
}
