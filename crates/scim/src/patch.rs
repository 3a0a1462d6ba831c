//! PATCH (RFC 7644 §3.5.2): building requests for a remote service, and doing what a client asks of ours.
//!
//! [`read`] makes operations of a body. [`apply`] does them to a resource, all of them or none. For a group,
//! [`split_members`] first takes out what concerns `members` and turns it into sets, so that a table of members can
//! be changed without reading the group.

mod apply;
mod attribute;
mod elements;
mod members;
mod read;
mod write;

pub use apply::{Patched, apply};
pub use members::{Member, MemberStep, Split, split_members};
pub use read::{Op, Operation, read};
pub use write::{
    add_members, member, remove_member, remove_members_legacy, replace, replace_at_once, replace_each,
    replace_members, request, typed_member,
};
