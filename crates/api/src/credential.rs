//! Credentials on the wire: they are sent and received, and never printed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A credential as a client sends it or is shown it. `Debug` prints `***`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Credential(pub String);

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_travels_and_does_not_print() {
        let credential = Credential("canary-2b9c".to_owned());
        assert_eq!(format!("{credential:?}"), "***");
        assert_eq!(serde_json::to_string(&credential).unwrap(), "\"canary-2b9c\"");
    }
}
