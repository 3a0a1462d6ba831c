//! Where the foreign programs are, and how they are run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use scimitar_testkit::program::{Launch, Program, TOKEN, say};

/// The executable of a SCIM server.
pub(crate) const SCIM2_SERVER: &str = "SCIMITAR_PEER_SCIM2_SERVER";
/// The executable of a SCIM client that also tests services.
pub(crate) const SCIM2_CLI: &str = "SCIMITAR_PEER_SCIM2_CLI";
/// The folder of the programs of the Python clients.
pub(crate) const CLIENTS: &str = "SCIMITAR_PEER_CLIENTS";
/// The folder that TypeScript and its packages are installed in.
pub(crate) const TYPESCRIPT: &str = "SCIMITAR_PEER_TYPESCRIPT";

/// What `cargo xtask ci` has put somewhere.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let found = std::env::var_os(name).map(PathBuf::from);
    if found.is_none() {
        say(&format!("no foreign programs: `cargo xtask ci` has them, `cargo xtask peers` prints {name}"));
    }
    found
}

/// A file that stands beside this one.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(name)
}

/// The program that is served to, on SQLite.
pub(crate) fn serve() -> Result<Program> {
    Launch::serve(env!("CARGO_BIN_EXE_scimitar"))?.start()
}

/// A foreign program that is told where the service is.
pub(crate) fn client(program: &Path, service: &Program) -> Command {
    let mut command = Command::new(program);
    command.env("SERVICE_URL", format!("http://{}", service.address())).env("SERVICE_TOKEN", TOKEN);
    // Whatever stands between this machine and others has no part in this.
    command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    command
}

/// Runs a program to its end. A failure quotes all that it said.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("could not start {command:?}"))?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    ensure!(output.status.success(), "{command:?} ended with {} and said:\n{said}", output.status);
    Ok(said)
}
