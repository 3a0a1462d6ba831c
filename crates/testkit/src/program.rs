//! The real program as a process, with everything that a story from outside needs.
//!
//! [`Launch`] says how `scimitar` is to be started, [`Program`] is one that runs, [`Api`] speaks to it as an
//! administrator does. [`Directory`] is what it holds, [`Mirror`] what a remote holds, and [`differences`] must
//! be empty in the end.

mod api;
mod compare;
mod directory;
mod launch;
mod mirror;
mod parcel;
mod patience;
mod people;
mod process;
mod running;
mod soundness;
mod wire;

/// So that stories need no HTTP client of their own.
pub use reqwest::{Client, Method};

pub use api::{Api, Reply, web};
pub use compare::differences;
pub use directory::{Directory, Person, Team};
pub use launch::{Launch, TOKEN};
pub use mirror::{Mirror, Replica, Roster};
pub use parcel::{number, text};
pub use patience::{eventually, pass, say};
pub use people::{Newcomer, newcomers};
pub use process::Program;
pub use running::{Running, free_port};
pub use soundness::broken;
pub use wire::Wire;
