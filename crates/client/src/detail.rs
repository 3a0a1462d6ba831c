//! Making a remote's words fit to be shown: short, in one line, and without our token.

use scimitar_domain::Secret;

/// The most characters of a remote's words that are kept.
const LONGEST: usize = 500;

/// `text` as it may stand in an error.
///
/// Services echo what they were sent, so what is `hidden` is taken out before the text is cut, lest a half of it stays.
pub(crate) fn clean(text: &str, hidden: &[Secret<String>]) -> String {
    let hidden = hidden.iter().map(Secret::expose).filter(|it| !it.is_empty());
    let text = hidden.fold(text.to_owned(), |text, hidden| text.replace(hidden, "***"));
    let mut line = String::new();
    for word in text.split(|it: char| it.is_whitespace() || it.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, token: &str, expected: &str) {
        assert_eq!(clean(text, &[Secret::new(token.to_owned())]), expected);
    }

    #[test]
    fn words_are_put_in_one_line() {
        check(" a\r\n\tb\u{1b}[31m\0c  d ", "", "a b [31m c d");
        check("", "t", "");
    }

    #[test]
    fn our_token_is_taken_out_before_the_cut() {
        check("Bearer canary-7f3a is wrong: canary-7f3a", "canary-7f3a", "Bearer *** is wrong: ***");
        let text = format!("{}canary-7f3a", "x".repeat(LONGEST - 3));
        check(&text, "canary-7f3a", &format!("{}***", "x".repeat(LONGEST - 3)));
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        check(&"é".repeat(LONGEST + 1), "", &format!("{}…", "é".repeat(LONGEST)));
        check(&"é".repeat(LONGEST), "", &"é".repeat(LONGEST));
    }

    proptest! {
        #[test]
        fn a_token_never_survives(before in ".{0,600}", after in ".{0,600}") {
            let token = Secret::new("canary-7f3a".to_owned());
            let line = clean(&format!("{before}canary-7f3a{after}"), std::slice::from_ref(&token));
            prop_assert!(!line.contains("canary-7f3a"));
            prop_assert!(line.chars().count() <= LONGEST + 1);
            prop_assert!(!line.chars().any(char::is_control));
        }
    }
}
