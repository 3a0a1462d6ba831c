//! How lists are asked for and answered.

use crate::StoreError;

/// Which part of a list, in which order.
#[derive(Debug, Clone)]
pub struct PageRequest {
    pub page: PageNumber,
    pub size: u32,
    /// Fields of the response. Unknown ones are ignored; where none is left, the list's own order applies.
    pub ordering: Vec<Order>,
    /// All of them must occur, each in any of the list's search fields, in any case of letters.
    pub search: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageNumber {
    /// Counted from 1.
    Number(u32),
    Last,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub field: String,
    pub descending: bool,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// The rows of all pages together.
    pub count: i64,
    /// Counted from 1.
    pub page: i64,
    pub size: i64,
}

/// The rows that a page covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) page: i64,
    pub(crate) size: i64,
    pub(crate) offset: i64,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { page: PageNumber::Number(1), size: 100, ordering: Vec::new(), search: Vec::new() }
    }
}

impl PageRequest {
    /// The rows to load when there are `count`. An empty list has one page.
    pub(crate) fn window(&self, count: i64) -> Result<Window, StoreError> {
        let size = i64::from(self.size.max(1));
        let last = (count / size + i64::from(count % size != 0)).max(1);
        let page = match self.page {
            PageNumber::Number(page) => i64::from(page),
            PageNumber::Last => last,
        };
        if !(1..=last).contains(&page) {
            return Err(StoreError::InvalidPage);
        }
        Ok(Window { page, size, offset: (page - 1).saturating_mul(size) })
    }
}

impl Window {
    pub(crate) fn page<T>(self, rows: Vec<T>, count: i64) -> Page<T> {
        Page { rows, count, page: self.page, size: self.size }
    }
}

impl<T> Page<T> {
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            rows: self.rows.into_iter().map(convert).collect(),
            count: self.count,
            page: self.page,
            size: self.size,
        }
    }
}

/// The pattern that finds a word anywhere, for `LIKE … ESCAPE '\'`.
pub(crate) fn pattern(word: &str) -> String {
    let mut pattern = String::with_capacity(word.len() + 2);
    pattern.push('%');
    for letter in word.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// Narrow a boxed query to the rows in which each word of the search occurs in one of the text expressions.
macro_rules! search {
    ($query:ident, $request:expr, $first:expr $(, $more:expr)* $(,)?) => {
        for word in &$request.search {
            let pattern = $crate::page::pattern(word);
            $query = $query.filter(
                $crate::functions::fold($first)
                    .like($crate::functions::fold(pattern.clone()))
                    .escape('\\')
                    $(.or($crate::functions::fold($more)
                        .like($crate::functions::fold(pattern.clone()))
                        .escape('\\')))*,
            );
        }
    };
}
pub(crate) use search;

/// Order a boxed query by the fields that were asked for, else by the list's own order, and finally by its key.
///
/// NULL sorts last, descending first, on both databases; columns that can be NULL stand behind `nullable`.
macro_rules! order {
    (
        $query:ident, $request:expr,
        fields { $($name:literal => $column:expr),* $(,)? }
        nullable { $($optional:literal => $nullable:expr),* $(,)? }
        default [$($default:expr),+ $(,)?]
        key $key:expr
    ) => {
        let (mut ordered, mut backwards) = (false, false);
        for order in &$request.ordering {
            match (order.field.as_str(), order.descending) {
                $(
                    ($name, false) => { $query = $query.then_order_by($column.asc()); (ordered, backwards) = (true, false); }
                    ($name, true) => { $query = $query.then_order_by($column.desc()); (ordered, backwards) = (true, true); }
                )*
                $(
                    ($optional, false) => {
                        $query = $query
                            .then_order_by($nullable.is_null().asc())
                            .then_order_by($nullable.asc());
                        (ordered, backwards) = (true, false);
                    }
                    ($optional, true) => {
                        $query = $query
                            .then_order_by($nullable.is_null().desc())
                            .then_order_by($nullable.desc());
                        (ordered, backwards) = (true, true);
                    }
                )*
                _unknown => {}
            }
        }
        if !ordered {
            $($query = $query.then_order_by($default.asc());)+
        }
        // The key goes the same way, so that one index serves both.
        $query = if backwards { $query.then_order_by($key.desc()) } else { $query.then_order_by($key.asc()) };
    };
}
pub(crate) use order;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(page: PageNumber, size: u32, count: i64, expected: Option<(i64, i64)>) {
        let request = PageRequest { page, size, ..PageRequest::default() };
        let got = request.window(count).ok().map(|window| (window.page, window.offset));
        assert_eq!(got, expected, "{page:?} of {size} in {count}");
    }

    #[test]
    fn a_page_must_exist_and_an_empty_list_has_one() {
        check(PageNumber::Number(1), 20, 0, Some((1, 0)));
        check(PageNumber::Last, 20, 0, Some((1, 0)));
        check(PageNumber::Number(2), 20, 20, None);
        check(PageNumber::Number(2), 20, 21, Some((2, 20)));
        check(PageNumber::Last, 20, 60, Some((3, 40)));
        check(PageNumber::Number(0), 20, 60, None);
        check(PageNumber::Number(1), 0, 3, Some((1, 0)));
        check(PageNumber::Last, u32::MAX, i64::MAX, Some((2_147_483_649, 9_223_372_034_707_292_160)));
    }

    #[test]
    fn a_word_is_looked_for_as_it_stands() {
        assert_eq!(pattern(r"50%_a\b"), r"%50\%\_a\\b%");
    }
}
