//! What is answered.

use scimitar_scim::resource::Attributes;

/// What of a resource the client wants to see (RFC 7644 §3.9). Empty lists say nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub attributes: Vec<String>,
    pub excluded: Vec<String>,
}

/// One resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub id: String,
    /// What of it is shown; `None` where the answer needs no body.
    pub resource: Option<Attributes>,
    /// Its absolute address.
    pub location: String,
    /// Its weak tag.
    pub version: String,
}
