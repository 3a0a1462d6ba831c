//! The program with programs that nobody here wrote: a server that it sends to, clients that use its API, and a tester
//! of what it is to identity providers.
//!
//! `cargo xtask ci` installs them and names them in the environment; elsewhere these tests say what they miss.

#![cfg(test)]

#[path = "peers/bad_input.rs"]
mod bad_input;
#[path = "peers/clients.rs"]
mod clients;
#[path = "peers/conformance.rs"]
mod conformance;
#[path = "peers/document.rs"]
mod document;
#[path = "peers/foreign_server.rs"]
mod foreign_server;
#[path = "peers/programs.rs"]
mod programs;
