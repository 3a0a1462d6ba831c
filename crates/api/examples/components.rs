//! The OpenAPI component of a type, as it stands in the document of a service: `cargo run --example components`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use scimitar_api::{ScimProvider, UserTypeEnum};
use utoipa::{PartialSchema, ToSchema};

fn main() -> Result<(), serde_json::Error> {
    println!("{}: {}", ScimProvider::name(), serde_json::to_string_pretty(&ScimProvider::schema())?);
    println!("{}: {}", UserTypeEnum::name(), serde_json::to_string_pretty(&UserTypeEnum::schema())?);
    Ok(())
}
