//! The SCIM server's logic: what the identity provider of a source may read and do (RFC 7644), without HTTP.
//!
//! [`Inbound::admit`] makes a [`Visit`] of a source's name and a key, and everything else takes a visit: so
//! nothing can be asked without a source, and nothing of another source can be seen. What is written goes through
//! the store functions that note changes, so that the outbound engine follows.
//!
//! A resource is kept as its client sent it, in the case and types of the schema. What the directory needs of it
//! (a user name, an address, whether the user is active) is derived from it with every write.

mod access;
mod adopting;
mod brake;
mod bulk;
mod changing;
mod creating;
mod discovery;
mod error;
mod granting;
mod held;
mod identity;
mod journal;
mod log;
mod mapped;
mod members;
mod notes;
mod reading;
mod reply;
mod returning;
mod searching;
mod service;
mod shown;
mod sound;
mod upkeep;
mod uses;
mod wish;

pub use access::Visit;
pub use brake::RELEASED_FOR;
pub use bulk::Refusal;
pub use error::InboundError;
pub use granting::{GrantRequest, Granted, Ungranted};
pub use log::Asked;
pub use notes::without_values;
pub use reply::{Reply, Wanted};
pub use scimitar_scim::ResourceKind;
pub use service::{Inbound, InboundParts};
pub use sound::search_request;
pub use wish::Verb;
