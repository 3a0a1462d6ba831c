//! The schemas of what discovery returns (RFC 7643 §5 to §7, RFC 9865 §4).

use std::borrow::Cow;

use super::Schema;
use super::attribute::Attribute;
use super::characteristic::{DataType, Mutability, Returned, Uniqueness};
use crate::urn;

pub(super) fn schemas() -> [Schema; 3] {
    [service_provider_config(), resource_type(), schema()]
}

fn service_provider_config() -> Schema {
    let mut attributes = vec![
        Attribute::reference("documentationUri", "A page for people", &["external"]),
        supported("patch"),
    ];
    attributes.push(with(
        supported("bulk"),
        [
            integer("maxOperations", "Most operations in one request"),
            integer("maxPayloadSize", "Most octets in one request"),
        ],
    ));
    attributes.push(with(supported("filter"), [integer("maxResults", "Most resources in one response")]));
    attributes.extend([supported("changePassword"), supported("sort"), supported("etag"), pagination()]);
    attributes.push(
        Attribute::complex(
            "authenticationSchemes",
            "How a client says who it is",
            vec![
                Attribute::string("type", "The kind of scheme").required().canonical(&[
                    "oauth",
                    "oauth2",
                    "oauthbearertoken",
                    "httpbasic",
                    "httpdigest",
                ]),
                Attribute::string("name", "The name of the scheme").required(),
                Attribute::string("description", "What the scheme is").required(),
                Attribute::reference("specUri", "Where the scheme is specified", &["external"]),
                Attribute::reference("documentationUri", "How the scheme is used here", &["external"]),
                Attribute::boolean("primary", "Whether this is the one to prefer"),
            ],
        )
        .many()
        .required(),
    );
    document(urn::SERVICE_PROVIDER_CONFIG, "ServiceProviderConfig", "What the service can do", attributes)
}

fn pagination() -> Attribute {
    Attribute::complex(
        "pagination",
        "How lists are paged",
        vec![
            Attribute::boolean("cursor", "Whether by cursor").required(),
            Attribute::boolean("index", "Whether by index").required(),
            Attribute::string("defaultPaginationMethod", "What happens when the request does not say")
                .canonical(&["cursor", "index"]),
            integer("defaultPageSize", "Resources on a page when the request does not say"),
            integer("maxPageSize", "Most resources on a page"),
            integer("cursorTimeout", "Seconds for which a cursor is good"),
        ],
    )
}

fn supported(name: &'static str) -> Attribute {
    let flag = Attribute::boolean("supported", "Whether the service does this").required();
    Attribute::complex(name, "Whether and how the service does this", vec![flag]).required()
}

fn with<const N: usize>(mut attribute: Attribute, more: [Attribute; N]) -> Attribute {
    attribute.sub_attributes.extend(more.map(Attribute::required));
    attribute
}

fn integer(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(DataType::Integer, name, description)
}

fn resource_type() -> Schema {
    let extension = vec![
        Attribute::reference("schema", "The URN of the extension", &["uri"]).required(),
        Attribute::boolean("required", "Whether each resource must have it").required(),
    ];
    document(
        urn::RESOURCE_TYPE,
        "ResourceType",
        "A kind of resource",
        vec![
            Attribute::string("id", "The id, the same as the name"),
            Attribute::string("name", "The name of the kind").required(),
            Attribute::string("description", "What resources of the kind are"),
            Attribute::reference("endpoint", "The path below the base address", &["uri"]).required(),
            Attribute::reference("schema", "The URN of the base schema", &["uri"]).required(),
            Attribute::complex("schemaExtensions", "What extends the base schema", extension).many(),
        ],
    )
}

fn schema() -> Schema {
    document(
        urn::SCHEMA,
        "Schema",
        "A set of attributes",
        vec![
            Attribute::string("id", "The URN of the schema").required(),
            Attribute::string("name", "The name of the schema"),
            Attribute::string("description", "What the schema describes"),
            attributes("attributes", "The attributes with their characteristics", true),
        ],
    )
}

/// `attributes` holds `subAttributes` of the same shape, without a third level (RFC 7643 §7).
fn attributes(name: &'static str, description: &'static str, outer: bool) -> Attribute {
    let words = |words: &[&'static str]| words.to_vec();
    let mut sub_attributes = vec![
        Attribute::string("name", "The name").case_exact().required(),
        Attribute::string("type", "The type of the value")
            .required()
            .canonical(&words(&DataType::ALL.map(DataType::word))),
        Attribute::boolean("multiValued", "Whether there may be several").required(),
        Attribute::string("description", "What the attribute is"),
        Attribute::boolean("required", "Whether it must be there"),
        Attribute::string("canonicalValues", "Usual values").case_exact().many(),
        Attribute::boolean("caseExact", "Whether case makes a difference"),
        Attribute::string("mutability", "Who may set it, and when")
            .case_exact()
            .canonical(&words(&Mutability::ALL.map(Mutability::word))),
        Attribute::string("returned", "When it is returned")
            .case_exact()
            .canonical(&words(&Returned::ALL.map(Returned::word))),
        Attribute::string("uniqueness", "Where a value may stand only once")
            .case_exact()
            .canonical(&words(&Uniqueness::ALL.map(Uniqueness::word))),
        Attribute::string("referenceTypes", "What a reference may point to").case_exact().many(),
    ];
    if outer {
        sub_attributes.push(attributes("subAttributes", "The parts of a complex attribute", false));
    }
    let attribute = Attribute::complex(name, description, sub_attributes).many();
    if outer { attribute.required() } else { attribute }
}

/// Everything in discovery is read-only.
fn document(
    id: &'static str,
    name: &'static str,
    description: &'static str,
    attributes: Vec<Attribute>,
) -> Schema {
    Schema {
        id: Cow::Borrowed(id),
        name: Cow::Borrowed(name),
        description: Cow::Borrowed(description),
        attributes: attributes.into_iter().map(Attribute::read_only).collect(),
    }
}
