//! What a client asks of a list, in the query or in a body (RFC 7644 §3.4.2, §3.4.3; RFC 9865 §2).

use serde_json::Value;

use crate::error::{Reason, ScimError};
use crate::projection::names;
use crate::sort::SortOrder;

/// A question about resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchRequest {
    pub attributes: Vec<String>,
    pub excluded_attributes: Vec<String>,
    /// Not empty.
    pub filter: Option<String>,
    pub sort_by: Option<String>,
    pub sort_order: SortOrder,
    pub paging: Paging,
    /// Resources on a page, as asked: [`page_size`](Self::page_size) says how many there will be.
    pub count: Option<u64>,
}

/// Which page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Paging {
    /// The request does not say: the first page, in the way that the service prefers.
    #[default]
    Unsaid,
    /// From this resource on; the first one is 1.
    Index(u64),
    /// The first page of a walk by cursors.
    FirstCursor,
    /// The page of a cursor that the service gave.
    Cursor(String),
}

/// The longest cursor that is looked at.
const MAX_CURSOR: usize = 4096;

impl SearchRequest {
    /// From the decoded parameters of a query. Unknown ones mean nothing here (Entra puts its own flags there), one that
    /// is there twice is an error, because two readers of it would not agree.
    pub fn from_query<'q>(pairs: impl IntoIterator<Item = (&'q str, &'q str)>) -> Result<Self, ScimError> {
        let mut raw = Raw::default();
        for (name, value) in pairs {
            let Some((known, slot)) = raw.slot(name) else { continue };
            if slot.replace(Given::Text(value)).is_some() {
                return Err(Reason::InvalidValue.because(format!("`{known}` is there twice")));
            }
        }
        raw.read()
    }

    /// From the body of a request to `/.search`.
    pub fn from_body(body: &Value) -> Result<Self, ScimError> {
        let Value::Object(members) = body else {
            return Err(Reason::InvalidSyntax.because("the body must be a JSON object"));
        };
        let mut raw = Raw::default();
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            let Some((known, slot)) = raw.slot(name) else { continue };
            let given = value.as_str().map_or(Given::Json(value), Given::Text);
            if slot.replace(given).is_some() {
                return Err(Reason::InvalidSyntax.because(format!("`{known}` is there twice")));
            }
        }
        raw.read()
    }

    /// How many resources a page holds: what was asked for, or `default`, and never more than `max`.
    pub fn page_size(&self, default: u64, max: u64) -> u64 {
        self.count.unwrap_or(default).min(max)
    }
}

#[derive(Default)]
struct Raw<'a> {
    attributes: Option<Given<'a>>,
    excluded_attributes: Option<Given<'a>>,
    filter: Option<Given<'a>>,
    sort_by: Option<Given<'a>>,
    sort_order: Option<Given<'a>>,
    start_index: Option<Given<'a>>,
    count: Option<Given<'a>>,
    cursor: Option<Given<'a>>,
}

#[derive(Clone, Copy)]
enum Given<'a> {
    Text(&'a str),
    /// No text.
    Json(&'a Value),
}

impl<'a> Raw<'a> {
    fn slot(&mut self, name: &str) -> Option<(&'static str, &mut Option<Given<'a>>)> {
        let all = [
            ("attributes", &mut self.attributes),
            ("excludedAttributes", &mut self.excluded_attributes),
            ("filter", &mut self.filter),
            ("sortBy", &mut self.sort_by),
            ("sortOrder", &mut self.sort_order),
            ("startIndex", &mut self.start_index),
            ("count", &mut self.count),
            ("cursor", &mut self.cursor),
        ];
        all.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    fn read(self) -> Result<SearchRequest, ScimError> {
        let filter = text("filter", self.filter)?;
        if filter.is_some_and(|filter| filter.trim().is_empty()) {
            return Err(Reason::InvalidFilter.because("the filter is empty"));
        }
        let sort_order = match text("sortOrder", self.sort_order)?.map(str::trim) {
            None | Some("") => SortOrder::default(),
            Some(word) => SortOrder::parse(word)?,
        };
        let paging = paging(self.start_index, self.cursor)?;
        let count = match integer("count", self.count)? {
            Some(count) if count < 0 && matches!(paging, Paging::FirstCursor | Paging::Cursor(_)) => {
                return Err(Reason::InvalidCount.because("`count` must not be negative"));
            }
            // RFC 7644 §3.4.2.4: a negative value is 0.
            count => count.map(|count| u64::try_from(count).unwrap_or(0)),
        };
        Ok(SearchRequest {
            attributes: list("attributes", self.attributes)?,
            excluded_attributes: list("excludedAttributes", self.excluded_attributes)?,
            filter: filter.map(str::to_owned),
            sort_by: text("sortBy", self.sort_by)?.filter(|it| !it.trim().is_empty()).map(str::to_owned),
            sort_order,
            paging,
            count,
        })
    }
}

fn paging(start_index: Option<Given<'_>>, cursor: Option<Given<'_>>) -> Result<Paging, ScimError> {
    let start = integer("startIndex", start_index)?;
    let cursor = text("cursor", cursor)?;
    match (start, cursor) {
        (Some(_), Some(_)) => Err(Reason::InvalidValue.because("give `startIndex` or `cursor`, not both")),
        (None, None) => Ok(Paging::Unsaid),
        // RFC 7644 §3.4.2.4: below 1 is 1.
        (Some(start), None) => Ok(Paging::Index(u64::try_from(start).unwrap_or(1).max(1))),
        (None, Some("")) => Ok(Paging::FirstCursor),
        (None, Some(cursor)) if is_cursor(cursor) => Ok(Paging::Cursor(cursor.to_owned())),
        (None, Some(_)) => Err(Reason::InvalidCursor.because("the cursor is none of ours")),
    }
}

/// The characters that need no encoding in a URI (RFC 9865 §2).
fn is_cursor(text: &str) -> bool {
    text.len() <= MAX_CURSOR
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

fn text<'a>(name: &str, given: Option<Given<'a>>) -> Result<Option<&'a str>, ScimError> {
    match given {
        None => Ok(None),
        Some(Given::Text(text)) => Ok(Some(text)),
        Some(Given::Json(_)) => Err(Reason::InvalidValue.because(format!("`{name}` must be a text"))),
    }
}

fn integer(name: &str, given: Option<Given<'_>>) -> Result<Option<i64>, ScimError> {
    let number = match given {
        None => return Ok(None),
        Some(Given::Text(text)) => whole_number(text.trim()),
        Some(Given::Json(value)) => value.as_i64().or_else(|| value.as_u64().map(|_| i64::MAX)),
    };
    match number {
        Some(number) => Ok(Some(number)),
        None => Err(Reason::InvalidValue.because(format!("`{name}` must be a whole number"))),
    }
}

/// A number beyond what we can count is as good as the largest.
fn whole_number(text: &str) -> Option<i64> {
    let (digits, largest) = match text.strip_prefix('-') {
        Some(digits) => (digits, i64::MIN),
        None => (text, i64::MAX),
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(largest))
}

fn list(name: &str, given: Option<Given<'_>>) -> Result<Vec<String>, ScimError> {
    let wrong = || Reason::InvalidValue.because(format!("`{name}` must be a list of names"));
    let owned = |text: &str| names(text).into_iter().map(str::to_owned).collect();
    match given {
        None => Ok(Vec::new()),
        Some(Given::Text(text)) => Ok(owned(text)),
        Some(Given::Json(Value::Array(elements))) => {
            elements.iter().map(|it| it.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(Given::Json(_)) => Err(wrong()),
    }
}
