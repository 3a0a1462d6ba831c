//! What attributes a resource may have, and how each of them behaves (RFC 7643 §2, §7).
//!
//! The registry drives everything else: what is accepted, what a filter may ask, what a patch may change, what is
//! returned, and what `/Schemas` and `/ResourceTypes` say. So discovery cannot promise what is not done.

mod attribute;
mod characteristic;
mod discovery;
mod enterprise;
mod group;
mod place;
mod read;
mod registry;
mod resource_type;
mod user;
mod write;

use std::borrow::Cow;

pub use attribute::Attribute;
pub use characteristic::{DataType, Mutability, Returned, Uniqueness};
pub use place::{Place, Target};
pub use registry::Registry;
pub use resource_type::{Extension, ResourceType};

/// A set of attributes under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The URN, as `schemas` names it.
    pub id: Cow<'static, str>,
    pub name: Cow<'static, str>,
    pub description: Cow<'static, str>,
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// The attribute `name`, whatever its case (RFC 7643 §2.1).
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        attribute::find(&self.attributes, name)
    }

    /// Whether `urn` is this schema's name. URNs of schemas are compared without case.
    pub fn is(&self, urn: &str) -> bool {
        self.id.eq_ignore_ascii_case(urn)
    }
}
