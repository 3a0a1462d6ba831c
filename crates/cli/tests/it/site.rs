//! Where a test's program lives: a folder, and a database of the kind that the environment asks for.

use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use scimitar_testkit::database::Database;
use scimitar_testkit::program::{Launch, Program};

/// An installation that has not been started yet. Keep it as long as its programs.
pub(crate) struct Site {
    pub(crate) launch: Launch,
    pub(crate) is_postgres: bool,
    _database: Option<Database>,
}

/// What a command that ended has said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Site {
    /// On SQLite, or with `SCIMITAR_TEST_DATABASE_URL` in an empty database of that PostgreSQL.
    pub(crate) fn new() -> Result<Self> {
        let database = Database::unmigrated();
        let launch = Launch::serve(env!("CARGO_BIN_EXE_scimitar"))?;
        if database.is_postgres() {
            let launch = launch.database(database.settings.url.clone());
            return Ok(Self { launch, is_postgres: true, _database: Some(database) });
        }
        Ok(Self { launch, is_postgres: false, _database: None })
    }

    /// On SQLite whatever the environment says, for what is about files.
    pub(crate) fn sqlite() -> Result<Self> {
        let launch = Launch::serve(env!("CARGO_BIN_EXE_scimitar"))?;
        Ok(Self { launch, is_postgres: false, _database: None })
    }

    #[must_use]
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.launch = self.launch.env(name, value);
        self
    }

    pub(crate) fn start(&self) -> Result<Program> {
        self.launch.start()
    }

    /// Run a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Said> {
        let output = self.launch.command(arguments).output();
        Said::of(&output.with_context(|| format!("cannot run {arguments:?}"))?)
    }
}

impl Said {
    fn of(output: &Output) -> Result<Self> {
        Ok(Self {
            code: output.status.code().context("ended by a signal")?,
            out: String::from_utf8(output.stdout.clone())?,
            err: String::from_utf8(output.stderr.clone())?,
        })
    }

    /// Nothing but one clear line, and perhaps one with what to do.
    #[track_caller]
    pub(crate) fn check_failure(&self, line: &str, hint: &str) {
        assert_eq!((self.code, self.err.lines().count()), (1, 2), "{}{}", self.out, self.err);
        let (error, advice) = self.err.split_once('\n').unwrap_or_default();
        assert!(error.starts_with("error: ") && error.contains(line), "{}", self.err);
        assert!(advice.starts_with("hint: ") && advice.contains(hint), "{}", self.err);
    }
}

/// Send a process a signal, such as `INT`.
pub(crate) fn signal(pid: u32, name: &str) -> Result<()> {
    let kill = format!("kill -{name} {pid}");
    ensure!(Command::new("sh").args(["-c", &kill]).status()?.success(), "cannot signal");
    Ok(())
}
