//! The fake remote, driven over plain sockets: each behaviour and each fault does what its name says.

#![expect(clippy::needless_pass_by_value, reason = "tables of JSON values read better without `&`")]

#[cfg(test)]
mod bulk;
mod discovery;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod healthy;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod listing;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod patching;
#[cfg(test)]
mod process;
#[cfg(test)]
mod script;
#[cfg(test)]
mod wire;
