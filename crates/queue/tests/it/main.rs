//! The queue's promises, on both databases.

#![cfg(test)]

mod bench;
mod cap;
mod end;
mod lease;
mod pause;
mod retry;
