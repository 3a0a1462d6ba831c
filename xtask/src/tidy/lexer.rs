//! Rust source with everything blanked out that is not code, so that a rule about code is not misled by a
//! comment or a string that speaks of it.

/// The same text, line by line and column by column, with spaces for comments and literals.
///
/// It knows as much of the language as that takes: nested comments, raw strings, and that `'a` may be a
/// lifetime.
pub(crate) fn code_only(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut at = 0;
    while let Some(&char) = chars.get(at) {
        let rest = chars.get(at..).unwrap_or_default();
        let length = literal_or_comment(rest, chars.get(at.wrapping_sub(1)).copied());
        if length == 0 {
            code.push(char);
            at += 1;
        } else {
            for &hidden in rest.iter().take(length) {
                code.push(if hidden == '\n' { '\n' } else { ' ' });
            }
            at += length;
        }
    }
    code
}

/// How many characters the comment or literal takes that begins here; 0 where none does.
fn literal_or_comment(rest: &[char], before: Option<char>) -> usize {
    match rest {
        ['/', '/', ..] => rest.iter().position(|&char| char == '\n').unwrap_or(rest.len()),
        ['/', '*', ..] => block_comment(rest),
        ['"', ..] => quoted(rest, '"'),
        // A backslash, or a quote two places on, makes it a character and not a lifetime.
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => quoted(rest, '\''),
        ['r', '"' | '#', ..] if !before.is_some_and(is_word) => raw_string(rest, 1),
        ['b', 'r', '"' | '#', ..] if !before.is_some_and(is_word) => raw_string(rest, 2),
        _ => 0,
    }
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(pair) = rest.get(at..at + 2) {
        match pair {
            ['/', '*'] => {
                depth += 1;
                at += 2;
            }
            ['*', '/'] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    rest.len()
}

fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while let Some(&char) = rest.get(at) {
        match char {
            '\\' => at += 2,
            _ if char == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// `r#"…"#` with any number of hashes; `r#name` is an identifier.
fn raw_string(rest: &[char], prefix: usize) -> usize {
    let body = rest.get(prefix..).unwrap_or_default();
    let n_hashes = body.iter().take_while(|&&char| char == '#').count();
    if body.get(n_hashes) != Some(&'"') {
        return 0;
    }
    let mut end = vec!['"'];
    end.resize(n_hashes + 1, '#');
    let text = body.get(n_hashes + 1..).unwrap_or_default();
    let length = text.windows(end.len()).position(|window| window == end).unwrap_or(text.len());
    (prefix + n_hashes + 1 + length + end.len()).min(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A `~` in the expected text stands for a blank that was something else.
    #[track_caller]
    fn check(source: &str, expected: &str) {
        assert_eq!(code_only(source), expected.replace('~', " "), "{source}");
    }

    #[test]
    fn comments_are_blanked_and_code_stays_where_it_is() {
        check("a // todo\nb", "a ~~~~~~~\nb");
        check("a /* x /* y */ z */ b", "a ~~~~~~~~~~~~~~~~~ b");
    }

    #[test]
    fn strings_are_blanked_with_their_escapes_and_line_breaks() {
        check(r#"f("to\"do", 1)"#, "f(~~~~~~~~, 1)");
        check("\"one\ntwo\" end", "~~~~\n~~~~ end");
        check("\"never closed", "~~~~~~~~~~~~~");
        check("r#\"a \" b\"# + c", "~~~~~~~~~~ + c");
        check("br\"a\\\" + c", "~~~~~~ + c");
        check("r#type + bar\"x\"", "r#type + bar~~~");
    }

    #[test]
    fn characters_are_told_from_lifetimes() {
        check(r"'x' + '\'' + c", "~~~ + ~~~~ + c");
        check("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)");
    }
}
