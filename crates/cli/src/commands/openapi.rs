//! `scimitar openapi`: the document that the API serves of itself. Needs neither database nor configuration.

use crate::report;

pub(crate) fn run() {
    report::line(format!("{:#}", scimitar_http::openapi::document_3_0()));
}
