//! For tests, benches and demonstrations only.
//!
//! [`remote`] is a SCIM service that runs in the test's own process (or in one of its own, as the program
//! `scimitar-fake-remote`). Healthy, it follows RFC 7644; asked to, it misbehaves in every way that the
//! services out there do, and remembers each request so that a story can judge what was sent.

pub mod bench;
pub mod database;
pub mod program;
pub mod remote;
pub mod tier;
pub mod world;
