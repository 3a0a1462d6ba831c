//! The HTTP layer over a real socket and a real database.

#![expect(clippy::expect_used, reason = "a test that cannot set itself up fails, also in its functions")]
#![expect(clippy::indexing_slicing, reason = "a field that an answer lacks fails the test")]
#![recursion_limit = "256"] // A provider has more fields than `json!` takes by itself.

mod authz;
mod bad_input;
mod conventions;
mod harness;
mod scim;
mod superset;
mod v3;
mod viewer;
mod walk;
mod watch;
