//! The SCIM 2.0 protocol (RFC 7643, RFC 7644, RFC 9865) as pure data and functions, for both ends of it.
//!
//! For a service: [`schema`] says what a resource may hold, and everything else asks it. [`resource`] reads what a
//! client sends, [`patch`] changes it, in the [`Dialect`] of whoever sent it; [`filter`] and [`sort`] answer questions
//! about it, [`projection`] chooses what of it goes out, [`etag`] compares versions, [`message`] is what stands
//! around it.
//!
//! For a client: [`patch`] builds changes, [`Capabilities`], [`ListResponse`] and [`ScimErrorBody`] read what a
//! service says.
//!
//! Writers are strict and readers are tolerant: what we send follows the RFC to the letter, and an answer that
//! strays from it loses only the part that strays.
//!
//! Invariant: nothing here does IO, reads a clock or draws a random number.

#![cfg_attr(doctest, doc = include_str!("../README.md"))]

pub mod attribute;
mod capabilities;
mod dialect;
mod error;
mod error_body;
pub mod etag;
pub mod filter;
mod kind;
mod list;
pub mod message;
pub mod patch;
mod path;
pub mod projection;
pub mod resource;
pub mod schema;
pub mod sort;
pub mod urn;

pub use capabilities::{BulkSupport, Capabilities, FilterSupport};
pub use dialect::{Dialect, UnknownAttributes};
pub use error::{Reason, ScimError, error_body};
pub use error_body::ScimErrorBody;
pub use kind::ResourceKind;
pub use list::ListResponse;
pub use path::{AttrPath, Path};
