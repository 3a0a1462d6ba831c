//! The actix layer: translation only.
//!
//! A handler takes its authority as an extractor ([`Caller`], [`Admin`]), reads the request leniently as the
//! documented API does ([`fields`]), makes one call into the store or the engine, and puts the answer into wire
//! types. One list of routes (`routes`) is what is served and what is documented.
//!
//! The order of checks is that of the documented API: path, `Accept`, authentication, permission, method, object
//! lookup, body, validation. `negotiate` and the extractors keep the first five; handlers keep the rest by
//! reading the body ([`body::Body`]) after the object is known to exist.

mod app;
pub mod body;
mod caller;
mod connections;
mod error;
mod explain;
mod field_errors;
pub mod fields;
mod headers;
mod health;
pub mod metrics;
mod negotiate;
pub mod openapi;
mod origin;
pub mod page;
mod params;
mod passwords;
pub mod path_key;
mod permission;
mod route_table;
mod routes;
mod scim;
mod server;
mod v3;
mod validation;
mod viewer;

pub use actix_web::dev::ServerHandle;
pub use app::App;
pub use caller::{Admin, Caller};
pub use connections::Connections;
pub use error::{ApiError, Model};
pub use field_errors::FieldErrors;
pub use params::Params;
pub use routes::{PREFIX, document};
pub use server::{ServerSettings, run};
pub use v3::providers_scim::settings::{SETTINGS, Saving, settings};
