//! Stories of the outbound engine: a directory changes, time passes, and the remote is judged.

#![cfg(test)]

mod announce;
mod asked;
mod bulk;
mod bulk_faults;
mod config;
mod crash;
mod deeds;
mod discovery;
mod drain;
mod drift;
mod explain;
mod faults;
mod faults_lost;
mod faults_tls;
mod faults_verbs;
mod faults_walks;
mod groups;
mod guard;
mod lessons;
mod lives;
mod measure;
mod member_forms;
mod members;
mod members_many;
mod mistakes;
mod nested;
mod outlook;
mod pace;
mod parting;
mod plans;
mod profiles;
mod rejection;
mod runs;
mod scope;
mod simulation;
mod storms;
mod tell;
mod undo;
mod users;
mod users_adopt;
mod users_leave;
mod versions;
mod without_groups;
mod worker;
