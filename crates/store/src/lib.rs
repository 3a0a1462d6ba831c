//! Persistence: Diesel over SQLite and PostgreSQL.
//!
//! Callers go through [`Store::read`] and [`Store::write`], and inside of the closure through the functions of
//! the modules, one module for each group of tables. The functions take a connection and arguments and answer
//! model values; they never read a clock or draw an id.

mod conn;
mod error;
mod functions;
mod pgnet;
mod schema;
mod sql_types;

pub use conn::Conn;
pub use error::{StoreError, Unique};
