//! The program with programs that nobody here wrote: a server that it sends to, and clients that use its API.
//!
//! `cargo xtask ci` installs them and names them in the environment; elsewhere these tests say what they miss.

#![cfg(test)]

#[path = "peers/bad_input.rs"]
mod bad_input;
#[path = "peers/clients.rs"]
mod clients;
#[path = "peers/document.rs"]
mod document;
#[path = "peers/foreign_server.rs"]
mod foreign_server;
#[path = "peers/programs.rs"]
mod programs;
