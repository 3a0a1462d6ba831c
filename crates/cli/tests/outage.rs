//! What the program says and does while something it needs is gone, and that it goes on by itself afterwards.

#![cfg(test)]

#[path = "outage/disk.rs"]
mod disk;
#[path = "outage/postgres.rs"]
mod postgres;
#[path = "outage/remote.rs"]
mod remote;
