//! Tests of the mapping engine from outside.

#![expect(clippy::expect_used, reason = "a test that cannot set itself up fails, also in its functions")]

mod check;
mod corpus;
mod defaults;
mod engine;
mod escape;
mod fixture;
mod limits;

/// The memory limit is held only under a metered allocator.
#[global_allocator]
static ALLOCATOR: scimitar_mapping::Metered<std::alloc::System> =
    scimitar_mapping::Metered::new(std::alloc::System);
