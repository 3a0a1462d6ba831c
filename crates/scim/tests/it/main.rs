//! Tests of the protocol from outside.

#![expect(clippy::expect_used, reason = "a test that cannot set itself up fails, also in its functions")]

mod filters;
mod filters_random;
mod fixture;
mod patches;
mod patches_random;
mod resources;
mod schemas;
