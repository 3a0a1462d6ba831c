//! Schemas that the derive cannot say.

use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, Schema, Type};

/// A number without a format.
pub fn number() -> Object {
    ObjectBuilder::new().schema_type(Type::Number).build()
}

/// An object with any properties.
pub fn attributes() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(true)))
        .build()
}
