//! How the lists of users and groups are searched: by the texts that the database keeps beside their rows.
//!
//! On SQLite a word of three characters or more is looked up in an index over the trigrams of those texts. The
//! index knows where in a text each of them stands, so what it finds is exactly what holds the word. Shorter words
//! are looked for in the texts. PostgreSQL chooses by itself, if it has `pg_trgm` at all.

use serde_json::Value;

use crate::conn::Engine;
use crate::{PageRequest, functions};

/// What stands between the fields in a text.
const SEPARATOR: char = '\u{1f}';
/// The shortest word that the index knows.
const SHORTEST: usize = 3;
/// The letters of a word that are looked up: each costs a look into the index.
const LONGEST: usize = 64;

/// A word as it is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// For `LIKE … ESCAPE '\'`, not yet without its case.
    pub(crate) pattern: String,
    /// For the index, where it knows the word.
    pub(crate) phrase: Option<Phrase>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// For `MATCH`.
    pub(crate) text: String,
    /// Whether it is the whole word. If not, what it finds must be looked at.
    pub(crate) is_whole: bool,
}

/// The words of a search. No field holds a separator, so it parts words as it parts fields.
pub(crate) fn words(engine: Engine, request: &PageRequest) -> Vec<Word> {
    let parts = request.search.iter().flat_map(|word| word.split(SEPARATOR));
    let word = |word| Word { pattern: crate::page::pattern(word), phrase: phrase(engine, word) };
    parts.filter(|part| !part.is_empty()).map(word).collect()
}

/// What the index is asked for to find a text.
pub(crate) fn phrase(engine: Engine, text: &str) -> Option<Phrase> {
    match engine {
        Engine::Postgres => None,
        Engine::Sqlite => {
            let folded = functions::without_case(text);
            let length = folded.chars().count();
            let start: String = folded.chars().take(LONGEST).collect();
            (length >= SHORTEST).then(|| Phrase {
                text: format!("\"{}\"", start.replace('"', "\"\"")),
                is_whole: length <= LONGEST,
            })
        }
    }
}

/// What stands in the text of every object on SQLite that has this member. Values that can be written in more than
/// one way have none.
pub(crate) fn member(key: &str, value: &Value) -> Option<String> {
    let has_one_form = match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => !number.is_f64(),
        Value::Array(_) | Value::Object(_) => false,
    };
    has_one_form.then(|| format!("{}:{value}", Value::from(key)))
}

/// Where the texts that begin with `start` end: the first text after all of them.
pub(crate) fn end_of(start: &str) -> Option<String> {
    let mut end = start.to_owned();
    while let Some(last) = end.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

/// Narrow a boxed query of the list of `$table` to what holds every word of the search.
///
/// `$walk`: the rows come in the order of the list and each is looked at, instead of all being found first.
macro_rules! by_texts {
    ($query:ident, $words:expr, $walk:expr, $key:expr, $texts:ident.$text_key:ident, $found:literal) => {
        for $crate::search::Word { pattern, phrase } in $words {
            let holds = || $texts::text.like($crate::functions::fold(pattern.clone())).escape('\\');
            let here = || $texts::table.filter($texts::$text_key.eq($key)).filter(holds());
            match phrase {
                _ if $walk => $query = $query.filter(diesel::dsl::exists(here())),
                None => {
                    $query =
                        $query.filter($key.eq_any($texts::table.filter(holds()).select($texts::$text_key)))
                }
                Some(phrase) => {
                    let found = diesel::dsl::sql::<diesel::sql_types::Bool>($found);
                    $query = $query.filter(found.bind::<diesel::sql_types::Text, _>(phrase.text).sql("))"));
                    if !phrase.is_whole {
                        $query = $query.filter(diesel::dsl::exists(here()));
                    }
                }
            }
        }
    };
}
pub(crate) use by_texts;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check_phrase(word: &str, expected: Option<(&str, bool)>) {
        let got = phrase(Engine::Sqlite, word);
        let got = got.as_ref().map(|phrase| (phrase.text.as_str(), phrase.is_whole));
        assert_eq!(got, expected, "{word}");
    }

    #[test]
    fn words_are_quoted_without_their_case() {
        check_phrase("", None);
        check_phrase("ÄB", None);
        check_phrase("ÄBC", Some(("\"äbc\"", true)));
        check_phrase("a\"b", Some(("\"a\"\"b\"", true)));
        // One letter that becomes two.
        check_phrase("aİ", Some(("\"ai\u{307}\"", true)));
        let long = "x".repeat(LONGEST);
        check_phrase(&long, Some((&format!("\"{long}\""), true)));
        check_phrase(&format!("{long}y"), Some((&format!("\"{long}\""), false)));
        assert_eq!(phrase(Engine::Postgres, "ada"), None);
    }

    #[test]
    fn separators_part_words() {
        let request = PageRequest { search: vec!["a\u{1f}\u{1f}b".to_owned()], ..PageRequest::default() };
        let patterns = words(Engine::Sqlite, &request).into_iter().map(|word| word.pattern);
        assert_eq!(patterns.collect::<Vec<_>>(), ["%a%", "%b%"]);
    }

    #[test]
    fn members_are_known_by_their_text() {
        assert_eq!(member("a\"", &json!("b\n")).as_deref(), Some(r#""a\"":"b\n""#));
        assert_eq!(member("a", &json!(3)).as_deref(), Some("\"a\":3"));
        assert_eq!(member("a", &json!(3.5)), None);
        assert_eq!(member("a", &json!([1])), None);
    }

    #[test]
    fn texts_with_a_beginning_end_somewhere() {
        assert_eq!(end_of("users/").as_deref(), Some("users0"));
        assert_eq!(end_of("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(end_of("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(end_of(""), None);
    }
}
