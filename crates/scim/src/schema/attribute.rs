//! One attribute with all its characteristics, and how a schema in code writes it down.

use std::borrow::Cow;

use super::characteristic::{DataType, Mutability, Returned, Uniqueness};

/// An attribute or a sub-attribute (RFC 7643 §7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// In the case in which it is written.
    pub name: Cow<'static, str>,
    pub description: Cow<'static, str>,
    pub data_type: DataType,
    pub multi_valued: bool,
    pub required: bool,
    pub case_exact: bool,
    pub mutability: Mutability,
    pub returned: Returned,
    pub uniqueness: Uniqueness,
    /// Values that are usual. Others are accepted (RFC 7643 §7 leaves that to the service), because clients send
    /// their own types and a refused user is worse than an unusual word.
    pub canonical_values: Vec<Cow<'static, str>>,
    /// What a reference may point to: resource types, `external` or `uri`.
    pub reference_types: Vec<Cow<'static, str>>,
    pub sub_attributes: Vec<Attribute>,
}

/// The attribute `name` of a list, whatever its case.
pub(super) fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

impl Attribute {
    /// With the defaults of RFC 7643 §2.2.
    pub fn new(
        data_type: DataType,
        name: impl Into<Cow<'static, str>>,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            data_type,
            multi_valued: false,
            required: false,
            // Binary values and references are compared as they are (RFC 7643 §2.3.6, §2.3.7).
            case_exact: matches!(data_type, DataType::Binary | DataType::Reference),
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical_values: Vec::new(),
            reference_types: Vec::new(),
            sub_attributes: Vec::new(),
        }
    }

    pub fn string(name: &'static str, description: &'static str) -> Self {
        Self::new(DataType::String, name, description)
    }

    pub fn boolean(name: &'static str, description: &'static str) -> Self {
        Self::new(DataType::Boolean, name, description)
    }

    /// A reference to one of `types`.
    pub fn reference(name: &'static str, description: &'static str, types: &[&'static str]) -> Self {
        let mut attribute = Self::new(DataType::Reference, name, description);
        attribute.reference_types = types.iter().copied().map(Cow::Borrowed).collect();
        attribute
    }

    pub fn complex(name: &'static str, description: &'static str, sub_attributes: Vec<Self>) -> Self {
        let mut attribute = Self::new(DataType::Complex, name, description);
        attribute.sub_attributes = sub_attributes;
        attribute
    }

    #[must_use]
    pub fn many(mut self) -> Self {
        self.multi_valued = true;
        self
    }

    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    #[must_use]
    pub fn case_exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    #[must_use]
    pub fn mutability(mut self, mutability: Mutability) -> Self {
        self.mutability = mutability;
        self
    }

    /// Read-only, with all sub-attributes.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.sub_attributes = self.sub_attributes.into_iter().map(Self::read_only).collect();
        self.mutability(Mutability::ReadOnly)
    }

    #[must_use]
    pub fn immutable(self) -> Self {
        self.mutability(Mutability::Immutable)
    }

    #[must_use]
    pub fn returned(mut self, returned: Returned) -> Self {
        self.returned = returned;
        self
    }

    #[must_use]
    pub fn unique(mut self, uniqueness: Uniqueness) -> Self {
        self.uniqueness = uniqueness;
        self
    }

    #[must_use]
    pub fn canonical(mut self, values: &[&'static str]) -> Self {
        self.canonical_values = values.iter().copied().map(Cow::Borrowed).collect();
        self
    }

    /// The sub-attribute `name`, whatever its case.
    pub fn sub(&self, name: &str) -> Option<&Self> {
        find(&self.sub_attributes, name)
    }

    pub fn is_complex(&self) -> bool {
        self.data_type == DataType::Complex
    }

    pub fn is_read_only(&self) -> bool {
        self.mutability == Mutability::ReadOnly
    }

    /// What stands for a whole element when something is compared with the element: `value` (RFC 7643 §2.4).
    pub fn default_sub(&self) -> Option<&Self> {
        self.sub("value")
    }
}
