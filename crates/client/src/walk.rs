//! Walking through everything that a remote has of a kind, page by page, to the end that it has.
//!
//! Services misread `startIndex` in a few ways: from zero, as the number of a page, or not at all. Where the total
//! tells that something is missing after the last page, it is asked for in those ways too. What has come is counted
//! by ids, so that a page which comes again is not taken for the rest of the directory.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use scimitar_scim::{ListResponse, ResourceKind, attribute};

use crate::client::Client;
use crate::error::{ClientError, Disposition};
use crate::lookup::len;

/// How many resources are asked for at once. Services cut it to what they like.
const PAGE: u64 = 100;
/// What is asked for at once of a remote that shows its first page whatever is asked for.
const WHOLE: u64 = 1_000;

/// A walk through everything that a remote has of a kind.
#[derive(Debug)]
pub struct Walk {
    kind: ResourceKind,
    next: Next,
    /// Resources that came, those that came again included: by these a place is counted.
    n_shown: u64,
    seen: HashSet<u64>,
    complete: bool,
}

/// What is asked for next.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    /// What stands behind everything that came.
    Index,
    Cursor(String),
    /// The beginning, for those that count from zero.
    Zero,
    /// A page by its number.
    Number(u64),
    /// Everything at once.
    Whole(u64),
    Nothing,
}

impl Walk {
    pub fn new(kind: ResourceKind) -> Self {
        Self { kind, next: Next::Index, n_shown: 0, seen: HashSet::new(), complete: false }
    }

    /// Whether the remote has shown all it has.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// How many different resources it has shown.
    pub fn n_seen(&self) -> usize {
        self.seen.len()
    }

    /// The place and the size of the next page.
    fn question(&self) -> Option<(&'static str, String, u64)> {
        match &self.next {
            Next::Index => Some(("startIndex", (self.n_shown + 1).to_string(), PAGE)),
            Next::Cursor(cursor) => Some(("cursor", cursor.clone(), PAGE)),
            Next::Zero => Some(("startIndex", "0".to_owned(), PAGE)),
            Next::Number(number) => Some(("startIndex", number.to_string(), PAGE)),
            Next::Whole(total) => Some(("startIndex", "1".to_owned(), *total)),
            Next::Nothing => None,
        }
    }

    /// Whether nothing but a doubt of ours asks for the next page.
    fn is_trying(&self) -> bool {
        match self.next {
            Next::Zero | Next::Number(_) | Next::Whole(_) => true,
            Next::Index | Next::Cursor(_) | Next::Nothing => false,
        }
    }

    /// Take a page in. Answers what it has shown, unless that is nothing new.
    fn take(&mut self, page: ListResponse) -> Option<Vec<Value>> {
        let before = self.seen.len();
        self.seen.extend(page.resources.iter().map(mark));
        self.n_shown += len(page.resources.len());
        let has_news = self.seen.len() > before;
        let missing = page.total_results.map(|total| total.saturating_sub(len(self.seen.len())));
        let is_all = missing == Some(0);
        (self.next, self.complete) = match (&self.next, page.next_cursor) {
            (_, Some(cursor)) if has_news => (Next::Cursor(cursor), false),
            // Who gives cursors says by their absence that there is no more.
            (Next::Cursor(_), None) if has_news => (Next::Nothing, true),
            (Next::Cursor(_), _) => (Next::Nothing, missing.map_or(page.resources.is_empty(), |it| it == 0)),
            (_, _) if is_all => (Next::Nothing, true),
            (Next::Index, _) if has_news => (Next::Index, false),
            // Without a total there is no telling: an empty page is the end.
            (Next::Index, _) => match missing {
                None => (Next::Nothing, page.resources.is_empty()),
                Some(missing) => (self.other_way(page.resources.is_empty(), missing), false),
            },
            (Next::Zero, _) => (Next::Number(2), false),
            (Next::Number(number), _) if has_news => (Next::Number(number + 1), false),
            (Next::Number(_) | Next::Whole(_) | Next::Nothing, _) => (Next::Nothing, false),
        };
        has_news.then_some(page.resources)
    }

    /// How else to ask for what is missing, if it is worth it.
    fn other_way(&self, is_empty: bool, missing: u64) -> Next {
        let total = len(self.seen.len()) + missing;
        match (is_empty, self.seen.is_empty()) {
            // Of several pages some would have come.
            (true, true) if total > PAGE => Next::Nothing,
            (true, _) => Next::Zero,
            (false, _) if total <= WHOLE => Next::Whole(total),
            (false, _) => Next::Nothing,
        }
    }
}

impl Client {
    /// The next page that shows something new of everything that there is of a kind, by index, or by cursor where the
    /// remote gives one (RFC 9865 §2). `None` when there is no more.
    ///
    /// Ends also when the remote has no end: at an empty page, and at one with nothing new.
    pub async fn next_page(&self, walk: &mut Walk) -> Result<Option<Vec<Value>>, ClientError> {
        while let Some((name, place, count)) = walk.question() {
            let count = count.to_string();
            match self.page(walk.kind, &[(name, &place), ("count", &count)]).await {
                Ok(page) => {
                    if let Some(resources) = walk.take(page) {
                        return Ok(Some(resources));
                    }
                }
                // Whoever refuses a place that is none has shown what there is to be shown.
                Err(error) if walk.is_trying() && error.disposition() == Disposition::GiveUp => {
                    drop(
                        walk.take(ListResponse { total_results: Some(u64::MAX), ..ListResponse::default() }),
                    );
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// A resource by its id, or by all of it where it has none.
fn mark(resource: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    match attribute::text(resource, "id") {
        Some(id) => id.hash(&mut hasher),
        None => resource.to_string().hash(&mut hasher),
    }
    hasher.finish()
}
