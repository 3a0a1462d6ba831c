//! What an attribute path names in a resource type.

use super::{Attribute, Schema};

/// Where a path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'s> {
    Attribute(Target<'s>),
    /// An extension as a whole: its URN alone.
    Extension(&'s Schema),
    /// The resource as a whole: the URN of its base schema alone.
    Resource,
}

/// An attribute or sub-attribute, and where it stands in a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'s> {
    /// The extension under whose URN the attribute stands; `None` for the base schema and what all have.
    pub extension: Option<&'s Schema>,
    pub attribute: &'s Attribute,
    pub sub: Option<&'s Attribute>,
}

impl<'s> Target<'s> {
    /// What decides about the value: the sub-attribute if there is one.
    pub fn leaf(&self) -> &'s Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    /// The name as it is printed, with the URN for an extension.
    pub fn name(&self) -> String {
        let mut name = self.extension.map(|schema| format!("{}:", schema.id)).unwrap_or_default();
        name.push_str(&self.attribute.name);
        if let Some(sub) = self.sub {
            name.push('.');
            name.push_str(&sub.name);
        }
        name
    }
}
