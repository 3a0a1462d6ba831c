//! The SCIM service of each source under `/source/scim/{slug}/v2`: translation only.
//!
//! Clients write these addresses by hand, with a slash too many or too few, and a redirect would turn their POST
//! into a GET. So one resource takes everything below the prefix, [`address`] reads it, and every answer, also to
//! what does not exist, is SCIM (RFC 7644 §3.12).

mod address;
mod answer;
mod body;
mod discovery;
mod error;
mod serve;
mod strict;
mod token;
mod told;
mod visitor;

pub(crate) use address::PREFIX;
pub(crate) use error::ScimError;
pub(crate) use serve::routes;
