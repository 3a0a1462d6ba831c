//! What comes in queries and headers: pages, cursors, lists of names, versions.

use anyhow::{Result, ensure};
use scimitar_scim::etag;
use scimitar_scim::message::{Paging, SearchRequest};

use super::World;
use crate::choices::json;

pub(crate) fn run(_: &World, input: &[u8]) -> Result<()> {
    let text = String::from_utf8_lossy(input);
    let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    if let Ok(request) = SearchRequest::from_query(pairs) {
        ensure!(request.page_size(20, 100) <= 100, "a page is too long");
        match &request.paging {
            Paging::Index(start) => ensure!(*start >= 1, "the first resource is 1"),
            Paging::Cursor(cursor) => {
                ensure!(cursor.len() <= 4096 && cursor.is_ascii(), "a bad cursor came through");
            }
            Paging::Unsaid | Paging::FirstCursor => {}
        }
        ensure!(
            request.filter.is_none_or(|filter| !filter.trim().is_empty()),
            "an empty filter came through"
        );
    }
    drop(SearchRequest::from_body(&json(input)));
    let cursor = SearchRequest::from_query([("cursor", &*text)]);
    ensure!(cursor.is_ok() == cursor_is_plain(&text), "a cursor is judged wrongly");
    ensure!(
        etag::if_match(&text, "W/\"1\"") != etag::if_none_match(&text, "W/\"1\""),
        "a version is and is not there"
    );
    Ok(())
}

fn cursor_is_plain(text: &str) -> bool {
    text.len() <= 4096 && text.chars().all(|char| char.is_ascii_alphanumeric() || "-._~".contains(char))
}
