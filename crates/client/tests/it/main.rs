//! The client against real sockets on loopback.

#![cfg(test)]

mod bulk;
mod egress;
mod faults;
mod limits;
mod lookup;
mod oauth;
mod reads;
mod refusals;
mod server;
mod tls;
mod webhooks;
mod writes;
