//! Tests of the protocol from outside.

#![expect(clippy::expect_used, reason = "a test that cannot set itself up fails, also in its functions")]

mod bulk;
mod conversation;
mod conversations;
mod differential;
mod filters;
mod filters_random;
mod fixture;
mod messages;
mod patches;
mod patches_random;
mod projections;
mod requirements;
mod resources;
mod schemas;
mod service;
mod sorting;
