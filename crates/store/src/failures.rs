//! What fails at a provider, updates and deletions together, for people who want to see it page by page.

use scimitar_domain::{Attempt, ObjectId, ProviderPk};

use crate::conn::Conn;
use crate::error::StoreError;
use crate::page::{Page, PageRequest};
use crate::{links, tombstones};

/// One object that could not be brought in step, or not be deleted, when it was last tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    pub object: ObjectId,
    /// Its name; of a deleted object, the one that it had.
    pub label: String,
    /// Whether it is the deletion at the remote that fails.
    pub is_deletion: bool,
    pub attempt: Attempt,
}

/// First what is to be kept in step, then what is to be deleted; each with the newest failure first.
pub fn page(
    conn: &mut Conn,
    provider: ProviderPk,
    request: &PageRequest,
) -> Result<Page<Failure>, StoreError> {
    let n_links = links::count_failing(conn, provider)?;
    let count = n_links + tombstones::count_failing(conn, provider)?;
    let window = request.window(count)?;
    let mut rows = Vec::new();
    for (link, label) in links::failures(conn, provider, window.offset, window.size)? {
        let object = link.object;
        rows.extend(link.attempt.map(|attempt| Failure { object, label, is_deletion: false, attempt }));
    }
    let left = window.size - i64::try_from(rows.len()).unwrap_or(window.size);
    if left > 0 {
        let offset = (window.offset - n_links).max(0);
        for stone in tombstones::failures(conn, provider, offset, left)? {
            let (object, label) = (stone.object, stone.label);
            rows.extend(stone.attempt.map(|attempt| Failure { object, label, is_deletion: true, attempt }));
        }
    }
    Ok(window.page(rows, count))
}
