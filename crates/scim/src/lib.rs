//! The SCIM 2.0 protocol (RFC 7643, RFC 7644) as pure data and functions: what is written to a remote service
//! and how its answers are read.
//!
//! Writers are strict and readers are tolerant: what we send follows the RFC to the letter, and an answer that
//! strays from it loses only the part that strays.
//!
//! Invariant: nothing here does IO, reads a clock or draws a random number.

pub mod attribute;
mod capabilities;
mod error_body;
pub mod filter;
mod kind;
mod list;
pub mod patch;
pub mod urn;

pub use capabilities::{BulkSupport, Capabilities, FilterSupport};
pub use error_body::ScimErrorBody;
pub use kind::ResourceKind;
pub use list::ListResponse;
