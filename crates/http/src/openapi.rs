//! The OpenAPI document: what the routes say, and what holds for all of them.
//!
//! Operations and components come from the registrations in `routes`; nothing is listed twice. The document is
//! served in version 3.0.3, because that is what most generators read, and in 3.1 to those who ask for it.

mod answers;
mod down;
mod generator;
mod walk;
mod yaml;

use std::sync::LazyLock;

use serde_json::Value;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, OpenApi, RefOr, Server};

use crate::routes;

/// A version of OpenAPI that the document is told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V3_0,
    V3_1,
}

/// Its parts do not change while the program runs, so it is rendered once.
static RENDERED_3_0: LazyLock<Rendered> = LazyLock::new(|| Rendered::new(Version::V3_0));
static RENDERED_3_1: LazyLock<Rendered> = LazyLock::new(|| Rendered::new(Version::V3_1));

struct Rendered {
    json: String,
    yaml: String,
}

impl Rendered {
    fn new(version: Version) -> Self {
        let document = told_in(version);
        Self { json: document.to_string(), yaml: yaml::render(&document) }
    }

    fn of(version: Version) -> &'static Self {
        match version {
            Version::V3_0 => &RENDERED_3_0,
            Version::V3_1 => &RENDERED_3_1,
        }
    }
}

/// The document in OpenAPI 3.1, as the generator makes it.
pub fn document() -> OpenApi {
    let mut document = routes::document();
    document.info = InfoBuilder::new()
        .title("authentik")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Scimitar's administration API: users, groups, and the SCIM providers that carry them to \
             applications. It is the API that authentik documents for its SCIM subsystem.\n\n\
             Where a field says nothing else, names and keys have at most 512 characters, the names of people and \
             applications and other texts 4,096, credentials 16,384, and expressions 65,536 bytes; what is longer \
             is answered with 400.",
        ))
        .build();
    document.servers = Some(vec![Server::new("/api/v3/")]);
    let tags = [
        ("admin", "The service, to those who run it"),
        ("core", "Users, groups, tokens, applications"),
        ("propertymappings", "Expressions that shape what remotes receive"),
        ("providers", "SCIM providers, and what they have made at the remotes"),
        ("root", "The service, to everybody"),
        ("schema", "This document"),
    ];
    document.tags =
        Some(tags.map(|(name, text)| TagBuilder::new().name(name).description(Some(text)).build()).into());
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    document.components.get_or_insert_default().add_security_scheme("authentik", bearer);
    for path in document.paths.paths.values_mut() {
        optional_patch(path);
    }
    document
}

/// The document as it is served.
pub fn told_in(version: Version) -> Value {
    let mut document = serde_json::to_value(document()).unwrap_or_default();
    generator::put_right(&mut document);
    answers::tell_of_nothing_found(&mut document);
    match version {
        Version::V3_0 => down::to_3_0(&mut document),
        Version::V3_1 => {}
    }
    document
}

/// The served document as JSON.
pub(crate) fn json(version: Version) -> &'static str {
    &Rendered::of(version).json
}

/// The served document as YAML.
pub(crate) fn yaml(version: Version) -> &'static str {
    &Rendered::of(version).yaml
}

/// A `PATCH` that says nothing changes nothing, so its body may be left out.
fn optional_patch(path: &mut PathItem) {
    if let Some(operation) = &mut path.patch
        && let Some(RefOr::T(body)) = &mut operation.request_body
    {
        body.required = None;
    }
}
