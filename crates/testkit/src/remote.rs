//! A SCIM service that can be as healthy or as hostile as a story needs.
//!
//! It shares no code with `scimitar-scim`, so that a misreading of the RFCs there shows up here.

mod admin;
mod answer;
mod behaviour;
mod bulk;
mod call;
mod dice;
mod directory;
mod discovery;
mod exchange;
mod fault;
mod fault_effect;
mod filter;
mod front;
mod handle;
mod index;
mod journal;
mod kind;
mod listing;
mod luck;
mod members;
mod operations;
mod oracle;
mod patch;
mod patch_assign;
mod patch_path;
mod percent;
mod process;
mod rate;
mod resource;
mod script;
mod server;
mod shared;
mod shelf;
mod view;

pub use behaviour::{
    Behaviour, Bulk, Capabilities, Discovery, Echo, Etag, FilterSupport, IdStyle, MemberForm, Order,
    StartIndex, TooManyMembers, Uniqueness, UnknownMembers, Verbs,
};
pub use directory::Directory;
pub use fault::{FaultKind, RetryAfter};
pub use front::{AUTHORITY, Shown, TlsFront};
pub use handle::FakeRemote;
pub use journal::{Ending, Recorded};
pub use kind::Kind;
pub use oracle::{Duplicate, Early};
pub use process::serve_forever;
pub use rate::Rate;
pub use resource::Resource;
pub use script::Scripted;
