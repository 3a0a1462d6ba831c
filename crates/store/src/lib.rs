//! Persistence: Diesel over SQLite and PostgreSQL.
//!
//! Callers go through [`Store::read`] and [`Store::write`], and inside of the closure through the functions of
//! the modules, one module for each group of tables. The functions take a connection and arguments and answer
//! model values; they never read a clock or draw an id.

pub mod adoptions;
pub mod applications;
mod batch;
mod buried;
pub mod changes;
mod checkpoint;
pub mod claims;
mod conn;
pub mod departed;
pub mod deprovisioned;
pub mod drift;
mod error;
pub mod exchanges;
pub mod failed_attempts;
pub mod failures;
mod functions;
pub mod groups;
pub mod guards;
pub mod installation;
pub mod jobs;
mod keyring;
pub mod lanes;
pub mod lessons;
pub mod linkable;
pub mod links;
pub mod mappings;
pub mod members;
mod memberships;
pub mod migrate;
mod nesting;
mod notice;
mod page;
pub mod passwords;
mod pgnet;
#[cfg(test)]
mod plans;
mod pool;
mod prepared;
pub mod providers;
pub mod rates;
pub mod remote_keys;
pub mod runs;
mod schema;
pub mod scope;
mod search;
mod session;
pub mod source_guards;
pub mod source_links;
pub mod source_log;
pub mod source_tokens;
pub mod sources;
mod sql_types;
mod statement;
mod store;
pub mod sync_plans;
pub mod tokens;
pub mod tombstones;
pub mod users;
mod writer;

pub use conn::Conn;
pub use error::{StoreError, Unique};
pub use keyring::Keyring;
pub use page::{Order, Page, PageNumber, PageRequest};
pub use store::{Store, StoreSettings};
