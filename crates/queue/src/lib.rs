//! Durable jobs over the store: who runs what, when, and how many at once.
//!
//! A job names a thing to look at; what to do is decided by its [`Handler`] from the state it finds. A job may
//! therefore run twice (a lease that ran out, a process that died) and does no harm. Correctness rests on
//! that; leases only save work.
//!
//! Jobs of one lane share a cap and a pause. A lane that is slow, full or paused does not delay another.

mod backoff;
mod metrics;
mod runner;

pub use backoff::Ladder;
pub use runner::{Handler, QueueSettings, Runner, Verdict};
