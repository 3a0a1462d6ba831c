//! Property mappings: sandboxed Python, JSON in and JSON out.
//!
//! A mapping is the body of a Python function. An [`Engine`] evaluates all mappings of a provider for one
//! user or group, in the order of their names, and merges their results into one object. Nothing here does
//! IO: what a mapping may look at stands in its [`Scope`] or comes through a [`Lookup`].
//!
//! Expressions are written by administrators. The sandbox stops mistakes and loops; it is no boundary
//! against an administrator who means harm, for it lives in the same process.

mod alloc;
mod check;
mod compile;
pub mod defaults;
mod engine;
mod error;
mod expression;
mod fault;
mod inputs;
mod limits;
mod lookup;
mod merge;
mod output;
mod prelude;
mod run;
mod scope;

pub use alloc::Metered;
pub use check::check;
pub use engine::Engine;
pub use error::{MappingError, SyntaxFault};
pub use expression::{Expression, MappingSet};
pub use limits::{Limit, Limits};
pub use lookup::Lookup;
pub use merge::merge;
pub use output::{Answer, Outcome};
pub use scope::{ConnectionView, Person, ProviderView, Received, Scope, SourceView, Subject, Team};
