//! `scimitar profiles`: what is known of vendors.

use crate::config::Config;
use crate::report;

pub(crate) fn run(config: &Config) {
    for (name, profile) in config.sync.profiles.iter() {
        let places = match profile.hosts.as_slice() {
            [] => String::new(),
            hosts => format!(", at {}", hosts.join(" and ")),
        };
        report::line(format!("{name}: {}{places}", profile.title));
    }
}
