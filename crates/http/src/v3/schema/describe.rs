//! What the query and the answer may hold, as the document says it. Queries are read leniently.

use serde::Deserialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use scimitar_api::attributes;

/// How to show the document.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "a description; nothing is read into it")]
pub(super) struct SchemaParams {
    #[param(nullable = false, schema_with = format)]
    format: Option<String>,
    /// Accepted and ignored: the document has one language.
    #[param(nullable = false, schema_with = language)]
    lang: Option<String>,
    /// The version of OpenAPI; 3.0 without this parameter.
    #[param(nullable = false, schema_with = version)]
    version: Option<String>,
}

/// A JSON object of any content.
pub(super) struct AnyObject;

impl PartialSchema for AnyObject {
    fn schema() -> RefOr<Schema> {
        attributes().into()
    }
}

impl ToSchema for AnyObject {}

/// The languages that the documented API offers for its descriptions. Generated clients send them along.
const LANGUAGES: [&str; 99] = [
    "af", "ar", "ar-dz", "ast", "az", "be", "bg", "bn", "br", "bs", "ca", "ckb", "cs", "cy", "da", "de",
    "dsb", "el", "en", "en-au", "en-gb", "eo", "es", "es-ar", "es-co", "es-mx", "es-ni", "es-ve", "et", "eu",
    "fa", "fi", "fr", "fy", "ga", "gd", "gl", "he", "hi", "hr", "hsb", "hu", "hy", "ia", "id", "ig", "io",
    "is", "it", "ja", "ka", "kab", "kk", "km", "kn", "ko", "ky", "lb", "lt", "lv", "mk", "ml", "mn", "mr",
    "ms", "my", "nb", "ne", "nl", "nn", "os", "pa", "pl", "pt", "pt-br", "ro", "ru", "sk", "sl", "sq", "sr",
    "sr-latn", "sv", "sw", "ta", "te", "tg", "th", "tk", "tr", "tt", "udm", "ug", "uk", "ur", "uz", "vi",
    "zh-hans", "zh-hant",
];

fn format() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["json", "yaml"])).build()
}

fn version() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["3.0", "3.1"])).build()
}

/// One of the languages, by its code.
fn language() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(LANGUAGES)).build()
}
