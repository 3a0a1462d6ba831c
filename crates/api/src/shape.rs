//! Schemas that the derive cannot say.

use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, Schema, SchemaType, Type};

/// A number without a format.
pub fn number() -> Object {
    ObjectBuilder::new().schema_type(Type::Number).build()
}

/// Any JSON.
pub fn any() -> Object {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).build()
}

/// An object with any properties.
pub fn attributes() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(true)))
        .build()
}

/// An object with any properties that only the server writes.
pub fn read_only_attributes() -> Object {
    let mut object = attributes();
    object.read_only = Some(true);
    object
}
