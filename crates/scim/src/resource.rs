//! Resources as they are kept: names in the case of the schema, values in its types, nothing that is null
//! (RFC 7643 §2.5), and everything that an extension brought along.

mod complete;
mod element;
mod meta;
mod read;
mod replace;
mod value;

use serde_json::{Map, Value};

pub use complete::complete;
pub use meta::Meta;
pub use read::read;
pub use replace::replace;

pub(crate) use element::{is_primary, is_same, keep_one_primary, key};
pub(crate) use value::{Shape, bare, named, single, whole, without_json_in_text};

/// The attributes of a resource, in the order in which they came.
pub type Attributes = Map<String, Value>;
