//! A kind of resource: a base schema and its extensions (RFC 7643 §6).

use std::borrow::Cow;
use std::sync::Arc;

use super::attribute::{self, Attribute};
use super::characteristic::{DataType, Returned, Uniqueness};
use super::place::{Place, Target};
use super::{Mutability, Schema};
use crate::AttrPath;

/// A kind of resource, with everything that is needed to judge one.
#[derive(Debug, Clone)]
pub struct ResourceType {
    pub name: Cow<'static, str>,
    /// The path below the base address, as in `/Users`.
    pub endpoint: Cow<'static, str>,
    pub description: Cow<'static, str>,
    pub schema: Arc<Schema>,
    pub extensions: Vec<Extension>,
    /// What every resource has and no schema lists (RFC 7643 §3.1).
    common: Arc<[Attribute]>,
}

/// A schema that adds to the base schema.
#[derive(Debug, Clone)]
pub struct Extension {
    pub schema: Arc<Schema>,
    /// Whether every resource must have it.
    pub required: bool,
}

impl ResourceType {
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        endpoint: impl Into<Cow<'static, str>>,
        schema: Schema,
    ) -> Self {
        Self {
            name: name.into(),
            endpoint: endpoint.into(),
            description: schema.description.clone(),
            schema: Arc::new(schema),
            extensions: Vec::new(),
            common: common().into(),
        }
    }

    /// The extension that `urn` names.
    pub fn extension(&self, urn: &str) -> Option<&Schema> {
        self.extensions.iter().map(|extension| &*extension.schema).find(|schema| schema.is(urn))
    }

    /// The attribute `name` of the base schema, or one that every resource has.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        attribute::find(&self.common, name).or_else(|| self.schema.attribute(name))
    }

    /// The attributes of the base schema with those that every resource has.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.common.iter().chain(&self.schema.attributes)
    }

    /// Where `path` leads, or `None` when it names nothing here.
    ///
    /// A name without URN is looked for in the extensions too when the base schema does not have it: Entra sends
    /// `manager` alone, and no name of an extension can be meant otherwise.
    pub fn place(&self, path: &AttrPath) -> Option<Place<'_>> {
        let Some(urn) = &path.urn else { return self.bare(path).map(Place::Attribute) };
        if self.schema.is(urn) {
            return target(None, self.attribute(&path.name)?, path).map(Place::Attribute);
        }
        if let Some(extension) = self.extension(urn) {
            return target(Some(extension), extension.attribute(&path.name)?, path).map(Place::Attribute);
        }
        // `…:enterprise:2.0:User` reads as the attribute `User` of `…:enterprise:2.0`: only the registry knows
        // that the whole is a name.
        let whole = path.to_string();
        if self.schema.is(&whole) {
            return Some(Place::Resource);
        }
        self.extension(&whole).map(Place::Extension)
    }

    /// Where `path` leads when it leads to an attribute.
    pub fn target(&self, path: &AttrPath) -> Option<Target<'_>> {
        match self.place(path)? {
            Place::Attribute(target) => Some(target),
            Place::Extension(_) | Place::Resource => None,
        }
    }

    fn bare(&self, path: &AttrPath) -> Option<Target<'_>> {
        if let Some(attribute) = self.attribute(&path.name) {
            return target(None, attribute, path);
        }
        self.extensions.iter().find_map(|extension| {
            let attribute = extension.schema.attribute(&path.name)?;
            target(Some(&extension.schema), attribute, path)
        })
    }
}

fn target<'s>(
    extension: Option<&'s Schema>,
    attribute: &'s Attribute,
    path: &AttrPath,
) -> Option<Target<'s>> {
    let sub = match &path.sub {
        Some(name) => Some(attribute.sub(name)?),
        None => None,
    };
    Some(Target { extension, attribute, sub })
}

/// RFC 7643 §3 and §3.1.
fn common() -> Vec<Attribute> {
    let text = Attribute::string;
    let instant = |name, description| Attribute::new(DataType::DateTime, name, description);
    vec![
        Attribute::reference("schemas", "The schemas whose attributes the resource has", &["uri"])
            .many()
            .returned(Returned::Always),
        text("id", "The id that the service gave the resource")
            .case_exact()
            .mutability(Mutability::ReadOnly)
            .returned(Returned::Always)
            .unique(Uniqueness::Server),
        text("externalId", "The id that the client gave the resource").case_exact(),
        Attribute::complex(
            "meta",
            "What the service keeps about the resource",
            vec![
                text("resourceType", "The kind of resource").case_exact(),
                instant("created", "When the resource was made"),
                instant("lastModified", "When the resource last changed"),
                Attribute::reference("location", "The address of the resource", &["uri"]),
                text("version", "The version, the same as the ETag").case_exact(),
            ],
        )
        .read_only(),
    ]
}
