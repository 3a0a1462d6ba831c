//! `scimitar openapi`: the document that the API serves of itself. Needs neither database nor configuration.

use scimitar_http::openapi::{Version, told_in};

use crate::report;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The version of OpenAPI to print it in
    #[arg(long, value_enum, default_value = "3.0")]
    version: Format,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    #[value(name = "3.0")]
    V3_0,
    #[value(name = "3.1")]
    V3_1,
}

pub(crate) fn run(arguments: &Arguments) {
    let version = match arguments.version {
        Format::V3_0 => Version::V3_0,
        Format::V3_1 => Version::V3_1,
    };
    report::line(format!("{:#}", told_in(version)));
}
