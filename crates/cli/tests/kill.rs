//! `kill -9` at any moment loses nothing that was acknowledged.

#![cfg(test)]

#[path = "kill/dice.rs"]
mod dice;
#[path = "kill/inbound.rs"]
mod inbound;
#[path = "kill/outbound.rs"]
mod outbound;
#[path = "kill/replicas.rs"]
mod replicas;
