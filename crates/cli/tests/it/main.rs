//! The program from outside, as an operator meets it: processes, files, exit codes, and what stands on the screen.

mod commands;
mod configuration;
mod demo;
mod drift;
mod explain;
mod first_start;
mod instances;
mod metrics;
mod plan;
mod provider;
mod push;
mod quick_start;
mod shutdown;
mod site;
mod sync;
mod undo;
