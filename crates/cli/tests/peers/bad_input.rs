//! Every operation with input that nobody means: no answer is a failure of ours, and each fits the document.

use anyhow::{Result, ensure};

use scimitar_testkit::program::TOKEN;

use crate::programs::{self, CLIENTS};

/// The same input each time: whatever is found is found again.
const SEED: &str = "1";
/// How often each operation is asked in each phase, beside what the generator asks in any case.
const EXAMPLES: &str = "10";
/// What every answer must do.
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// The longest that an answer may take, in seconds. No operation is excepted: what is slow by its nature, the
/// hash of a password, is compiled with optimisation in every build.
const SLOWEST: &str = "1";

#[test]
fn bad_input_is_refused_in_documented_ways() -> Result<()> {
    let Some(clients) = programs::find(CLIENTS) else { return Ok(()) };
    let service = programs::serve()?;
    let api = format!("http://{}/api/v3", service.address());
    let folder = tempfile::tempdir()?;
    let mut thrower = programs::client(&clients.join("schemathesis"), &service);
    thrower.current_dir(folder.path());
    thrower.env("SCHEMATHESIS_HOOKS", "bad_input").env("PYTHONPATH", programs::script(""));
    thrower.env("PYTHONDONTWRITEBYTECODE", "1");
    thrower.args(["run", &format!("{api}/schema/?format=json"), "--url", &api]);
    thrower.arg("--header").arg(format!("Authorization: Bearer {TOKEN}"));
    thrower.args(["--phases", "coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", SEED]);
    thrower.args(["--checks", CHECKS]);
    thrower.args(["--max-response-time", SLOWEST, "--suppress-health-check", "all"]);
    thrower.args(["--generation-database", "none", "--no-color"]);
    let said = programs::run(&mut thrower)?;
    ensure!(
        !said.contains("Authentication failed"),
        "what was thrown took the caller's rights away:\n{said}"
    );
    Ok(())
}
