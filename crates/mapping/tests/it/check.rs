//! What is judged when an expression is saved.

use proptest::prelude::*;
use scimitar_mapping::check;

#[test]
fn a_fault_tells_where_and_shows_the_line() {
    let fault = check("a = 1\nb = (\n\tc =\n").expect_err("it is wrong");
    assert_eq!((fault.line, fault.column, fault.text.as_str()), (3, 4, "\tc ="));
    assert_eq!(fault.to_string(), "line 3, column 4: expected `)`, found `=` in `c =`");
}

#[test]
fn columns_count_characters() {
    let fault = check("x = 'äöü' 'ß' y").expect_err("it is wrong");
    assert_eq!((fault.line, fault.column), (1, 15));
}

#[test]
fn the_longest_source_passes_and_one_byte_more_does_not() {
    let longest = format!("return {{}}\n#{}", "x".repeat(64 * 1024 - 11));
    assert_eq!(longest.len(), 64 * 1024);
    assert_eq!(check(&longest), Ok(()));
    let fault = check(&format!("{longest}x")).expect_err("it is too long");
    assert_eq!(
        fault.to_string(),
        "line 1, column 1: the expression is longer than 65536 bytes in `return {}`"
    );
}

#[test]
fn sources_that_nest_without_end_are_refused_and_crash_nothing() {
    let n = 15_000;
    for (open, middle, close) in [
        ("(", "1", ")"),
        ("[", "", "]"),
        ("{1:", "1", "}"),
        ("f(", "", ")"),
        ("not ", "x", ""),
        ("-", "1", ""),
        ("lambda: ", "1", ""),
        ("", "a", ".a"),
        ("", "a", "()"),
        ("", "a", "[0]"),
        ("", "1", "+1"),
        ("", "a", "%a"),
        ("", "a", "|a"),
        ("", "a", ".first()"),
        ("1 if x else ", "2", ""),
        ("f\"{", "1", "}\""),
        ("await ", "1", ""),
        ("(yield ", "", ")"),
    ] {
        let n = n.min(60_000 / (open.len() + close.len()));
        let source = format!("return {}{middle}{}", open.repeat(n), close.repeat(n));
        assert!(check(&source).is_err(), "{open}{middle}{close}");
    }
    let mut nested = String::new();
    for depth in 0..200 {
        nested += &" ".repeat(depth);
        nested += "if x:\n";
    }
    assert!(check(&nested).is_err());
    let elifs = format!("if x:\n    pass\n{}", "elif x:\n    pass\n".repeat(3000));
    let _ = check(&elifs);
}

/// Bits of Python, put together at random.
fn soup() -> impl Strategy<Value = String> {
    let bit = prop::sample::select(vec![
        "return ",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        ",",
        "\n",
        "    ",
        "if ",
        "else",
        "for ",
        "in ",
        "x",
        "user",
        ".first()",
        ".filter(name=1)",
        ".all()",
        "%",
        "|",
        "|=",
        "=",
        "del ",
        "del x[0]",
        "next(x for x in y)",
        "f\"{",
        "}\"",
        "'",
        "\"\"\"",
        "#",
        "\\\n",
        "\t",
        "\r",
        "\u{c}",
        "lambda: ",
        "def f():\n",
        "class A:\n",
        "import re\n",
        "try:\n",
        "except:\n",
        "ä",
        "1",
        "None",
        ";",
        "raise SkipObject",
        "ak_user_by(",
        "now",
        "_",
        "\u{0}",
        "*",
        "**",
    ]);
    prop::collection::vec(bit, 0..30).prop_map(|bits| bits.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_source_is_accepted_or_refused_at_a_place_within_it(source in soup()) {
        if let Err(fault) = check(&source) {
            let lines: Vec<String> =
                source.replace("\r\n", "\n").replace('\r', "\n").split('\n').map(|line| line.replace('\u{c}', " ")).collect();
            let line = fault.line as usize;
            prop_assert!((1..=lines.len()).contains(&line), "{fault:?}");
            prop_assert!(fault.text.is_empty() || lines[line - 1] == fault.text, "{fault:?}");
            prop_assert!(fault.column as usize <= lines[line - 1].chars().count() + 1, "{fault:?}");
        }
    }
}
