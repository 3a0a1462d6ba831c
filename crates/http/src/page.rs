//! Pages: which one is asked for, and where it lies.

use scimitar_api::{JsonObject, Paginated, Pagination};
use scimitar_store::{Order, Page, PageNumber, PageRequest};

use crate::error::ApiError;
use crate::params::Params;

/// The rows of a page when the caller does not say.
const USUAL_SIZE: u32 = 100;

/// What the query asks for. `cap` bounds the size of a page.
pub fn request(params: &Params, cap: u32) -> Result<PageRequest, ApiError> {
    params.refuse_nul()?;
    let page = match params.text("page") {
        None => PageNumber::Number(1),
        Some("last") => PageNumber::Last,
        Some(text) => match text.trim().parse::<u32>() {
            Ok(number) if number > 0 => PageNumber::Number(number),
            Ok(_) | Err(_) => return Err(ApiError::InvalidPage),
        },
    };
    let size = params.text("page_size").and_then(|text| size(text.trim())).unwrap_or(USUAL_SIZE).min(cap);
    let ordering = params.text("ordering").unwrap_or_default();
    Ok(PageRequest {
        page,
        size,
        ordering: ordering.split(',').filter_map(order).collect(),
        search: words(params.text("search").unwrap_or_default()),
    })
}

/// Everything at once, for what an object has few of.
pub fn whole() -> PageRequest {
    PageRequest { size: u32::MAX, ..PageRequest::default() }
}

/// The page as the wire shows it. `results` are its rows in the wire's form.
pub fn paginated<Row, T>(page: &Page<Row>, results: Vec<T>) -> Paginated<T> {
    Paginated { pagination: locate(page), autocomplete: JsonObject::new(), results }
}

/// Where a page lies.
pub fn locate<Row>(page: &Page<Row>) -> Pagination {
    let (count, current, size) = (page.count, page.page, page.size.max(1));
    let total_pages = ((count + size - 1) / size).max(1);
    let first = (current - 1) * size;
    Pagination {
        next: if current < total_pages { current + 1 } else { 0 },
        previous: if current > 1 { current - 1 } else { 0 },
        count,
        current,
        total_pages,
        start_index: if count == 0 { 0 } else { first + 1 },
        end_index: (first + size).min(count),
    }
}

/// A positive number, however large.
fn size(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Digits that do not fit are a number above any cap.
    Some(text.parse().unwrap_or(u32::MAX)).filter(|size| *size > 0)
}

fn order(text: &str) -> Option<Order> {
    let text = text.trim();
    let (field, descending) = text.strip_prefix('-').map_or((text, false), |field| (field, true));
    (!field.is_empty()).then(|| Order { field: field.to_owned(), descending })
}

/// The words of a search. Spaces and commas part them; quotes keep a phrase together.
fn words(search: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote: Option<char> = None;
    for c in search.chars().filter(|c| *c != '\0') {
        match quote {
            Some(open) if c == open => quote = None,
            None if (c == '"' || c == '\'') && word.is_empty() => quote = Some(c),
            None if c == ',' || c.is_whitespace() => words.push(std::mem::take(&mut word)),
            Some(_) | None => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_words(search: &str, expected: &[&str]) {
        assert_eq!(words(search), expected, "{search}");
    }

    #[test]
    fn a_search_is_split_into_words() {
        check_words("", &[]);
        check_words("ada  lovelace,byron", &["ada", "lovelace", "byron"]);
        check_words(r#""ada lovelace" b"#, &["ada lovelace", "b"]);
        check_words("o'hara", &["o'hara"]);
        check_words(r#""open end"#, &["open end"]);
        check_words("a\0b", &["ab"]);
    }

    #[track_caller]
    fn check_size(text: &str, expected: u32) {
        let params = Params::parse(&format!("page_size={text}"));
        assert_eq!(request(&params, 1000).unwrap().size, expected, "{text}");
    }

    #[test]
    fn an_odd_page_size_falls_back_to_the_usual_one() {
        check_size("", 100);
        check_size("7", 7);
        check_size("0", 100);
        check_size("-1", 100);
        check_size("many", 100);
        check_size("5000", 1000);
        check_size("99999999999", 1000);
    }

    #[track_caller]
    fn check_page(text: &str, expected: Option<PageNumber>) {
        let params = Params::parse(&format!("page={text}"));
        assert_eq!(request(&params, 1000).ok().map(|it| it.page), expected, "{text}");
    }

    #[test]
    fn a_page_is_a_number_from_one_or_last() {
        check_page("", Some(PageNumber::Number(1)));
        check_page("3", Some(PageNumber::Number(3)));
        check_page("last", Some(PageNumber::Last));
        check_page("0", None);
        check_page("-1", None);
        check_page("x", None);
    }

    #[track_caller]
    fn check_place(count: i64, page: i64, expected: [i64; 6]) {
        let at = locate(&Page::<()> { rows: Vec::new(), count, page, size: 10 });
        let got = [at.next, at.previous, at.current, at.total_pages, at.start_index, at.end_index];
        assert_eq!(got, expected, "{count} rows, page {page}");
    }

    #[test]
    fn pages_know_their_neighbours() {
        check_place(0, 1, [0, 0, 1, 1, 0, 0]);
        check_place(10, 1, [0, 0, 1, 1, 1, 10]);
        check_place(25, 1, [2, 0, 1, 3, 1, 10]);
        check_place(25, 3, [0, 2, 3, 3, 21, 25]);
    }
}
