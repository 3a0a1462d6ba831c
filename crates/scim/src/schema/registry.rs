//! All schemas and kinds of resource of a service.

use std::sync::Arc;

use serde_json::Value;

use super::resource_type::Extension;
use super::{ResourceType, Schema, discovery, group, user, write};
use crate::error::{Reason, ScimError, shown};
use crate::urn;

/// What a service knows. Made at start, or for one tenant with its own extensions.
#[derive(Debug, Clone)]
pub struct Registry {
    types: Vec<ResourceType>,
    discovery: Arc<[Schema]>,
}

impl Registry {
    /// Users with the enterprise extension, and groups.
    pub fn standard() -> Self {
        let mut users = ResourceType::new("User", "/Users", user::schema());
        users.extensions.push(Extension { schema: Arc::new(user::extension()), required: false });
        let groups = ResourceType::new("Group", "/Groups", group::schema());
        Self { types: vec![users, groups], discovery: discovery::schemas().into() }
    }

    /// Extend the kind `name`. [`Schema::read`] makes a schema from its document.
    pub fn extend(&mut self, name: &str, schema: Schema, required: bool) -> Result<(), ScimError> {
        if !urn::is_urn(&schema.id) || self.schema(&schema.id).is_some() {
            let what = shown(&schema.id);
            let detail = format!("an extension needs a URN of its own, and {what} is none or is taken");
            return Err(Reason::InvalidValue.because(detail));
        }
        let Some(found) = self.types.iter_mut().find(|it| it.name.eq_ignore_ascii_case(name)) else {
            return Err(Reason::InvalidValue.because(format!("there is no resource type {}", shown(name))));
        };
        found.extensions.push(Extension { schema: Arc::new(schema), required });
        Ok(())
    }

    /// Add a kind of resource.
    pub fn add(&mut self, resource_type: ResourceType) {
        self.types.push(resource_type);
    }

    pub fn resource_types(&self) -> &[ResourceType] {
        &self.types
    }

    /// The kind with this name.
    pub fn resource_type(&self, name: &str) -> Option<&ResourceType> {
        self.types.iter().find(|it| it.name.eq_ignore_ascii_case(name))
    }

    /// The kind that is served under this path segment, as in `Users`.
    pub fn endpoint(&self, segment: &str) -> Option<&ResourceType> {
        self.types.iter().find(|it| it.endpoint.trim_start_matches('/').eq_ignore_ascii_case(segment))
    }

    /// The schema with this name, whatever its case.
    pub fn schema(&self, urn: &str) -> Option<&Schema> {
        self.schemas().find(|schema| schema.is(urn))
    }

    /// All schemas: of resources, their extensions, and of discovery itself.
    pub fn schemas(&self) -> impl Iterator<Item = &Schema> {
        let of_types = self.types.iter().flat_map(|it| {
            std::iter::once(&*it.schema).chain(it.extensions.iter().map(|extension| &*extension.schema))
        });
        of_types.chain(self.discovery.iter())
    }

    /// The document of a schema; `base` is the address of the service without a slash at its end.
    pub fn schema_document(&self, urn: &str, base: &str) -> Option<Value> {
        self.schema(urn).map(|schema| write::schema(schema, base))
    }

    /// The documents of all schemas, for the list at `/Schemas`.
    pub fn schema_documents(&self, base: &str) -> Vec<Value> {
        self.schemas().map(|schema| write::schema(schema, base)).collect()
    }

    /// The document of a kind of resource.
    pub fn resource_type_document(&self, name: &str, base: &str) -> Option<Value> {
        self.resource_type(name).map(|it| write::resource_type(it, base))
    }

    /// The documents of all kinds, for the list at `/ResourceTypes`.
    pub fn resource_type_documents(&self, base: &str) -> Vec<Value> {
        self.types.iter().map(|it| write::resource_type(it, base)).collect()
    }
}
