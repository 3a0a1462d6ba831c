//! The Python that stands in front of every expression: the objects in scope and the helper functions.
//!
//! Everything is Python inside the sandbox, for two reasons. It costs no switches between the interpreter
//! and the host, and no value of the expression is ever turned into a host value without being weighed
//! first: a list that holds itself twice, forty times over, is small inside and endless outside.
//! Each piece is put in front only of expressions that mention it: it is run again with every evaluation.

mod reach;

use std::collections::BTreeSet;

use self::reach::Reach;

use crate::{
    compile::{Kind, Word},
    output::NODE,
};

/// What the pieces define besides the names in [`PIECES`].
const ALWAYS: &[&str] = &["User", "Group"];

/// A piece of Python and the words whose mention brings it in.
struct Piece {
    words: &'static [&'static str],
    defines: &'static [&'static str],
    source: &'static str,
}

const PIECES: &[Piece] = &[
    Piece { words: &["SkipObject"], defines: &["SkipObject"], source: "SkipObject = IsADirectoryError\n" },
    Piece { words: &["ak_logger"], defines: &["ak_logger"], source: include_str!("prelude/logger.py") },
    Piece {
        words: &["list_flatten"],
        defines: &["list_flatten"],
        source: include_str!("prelude/list_flatten.py"),
    },
    Piece {
        words: &["regex_match", "regex_replace"],
        defines: &["regex_match", "regex_replace"],
        source: include_str!("prelude/regex.py"),
    },
    Piece { words: &["slugify"], defines: &["slugify"], source: include_str!("prelude/slugify.py") },
    Piece {
        words: &["ak_is_group_member"],
        defines: &["ak_is_group_member"],
        source: "def ak_is_group_member(user, **filters):\n    return bool(_q_filter(user.all_groups(), **filters))\n",
    },
    Piece { words: &["ak_user_by"], defines: &["ak_user_by"], source: include_str!("prelude/ak_user_by.py") },
];

const QUERIES: &str = include_str!("prelude/queries.py");
const FORMAT: &str = include_str!("prelude/format.py");
const DICTS: &str = include_str!("prelude/dicts.py");
const NEXT: &str = include_str!("prelude/next.py");
const OUT: &str = include_str!("prelude/out.py");
const MISSING: &str = include_str!("prelude/missing.py");

const PLAIN: &str = "_plain = (bool, int, float)\n";
const PLAIN_WITH_DATES: &str =
    "import datetime as _datetime\n_plain = (bool, int, float, _datetime.datetime, _datetime.date)\n";

/// The prelude for an expression: the pieces for the names it mentions and for what was rewritten in it.
pub(crate) fn for_source(source: &str, rewritten: &BTreeSet<Word>, kind: Kind, output: usize) -> String {
    let mut prelude = format!("_limit = {output}\n_node = {NODE}\n");
    // Dates are the only values besides JSON's own that may stand in a result.
    prelude.push_str(if mentions_dates(source) { PLAIN_WITH_DATES } else { PLAIN });
    prelude.push_str(&Reach::of(source, rewritten, kind).classes());
    if rewritten.contains(&Word::Query) || source.contains("ak_is_group_member") {
        prelude.push_str(QUERIES);
    }
    for (word, piece) in
        [(Word::Format, FORMAT), (Word::Dict, DICTS), (Word::Next, NEXT), (Word::Missing, MISSING)]
    {
        if rewritten.contains(&word) {
            prelude.push_str(piece);
        }
    }
    for piece in PIECES.iter().filter(|piece| piece.words.iter().any(|word| source.contains(word))) {
        prelude.push_str(piece.source);
    }
    prelude.push_str(OUT);
    prelude
}

/// Whether a bare name means something that the prelude or the scope provides.
pub(crate) fn defines(name: &str) -> bool {
    ALWAYS.contains(&name) || PIECES.iter().any(|piece| piece.defines.contains(&name))
}

/// What stands behind the expression: the objects are built and the expression is called.
pub(crate) fn trailer(source: &str, rewritten: &BTreeSet<Word>, kind: Kind) -> &'static str {
    match kind {
        Kind::User => Reach::of(source, rewritten, kind).call(),
        Kind::Group => include_str!("prelude/call_group.py"),
        Kind::Received => include_str!("prelude/call_received.py"),
    }
}

/// The attributes that an expression may mean by a word of it, as variables. What the resource lacks stays undefined,
/// so that a name that is written wrong is an error and no nothing.
pub(crate) fn variables(source: &str) -> String {
    let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let words: BTreeSet<&str> = source
        .split(|char| !is_part(char))
        .filter(|word| word.starts_with(|first: char| first.is_ascii_alphabetic()))
        .filter(|word| !is_taken(word))
        .collect();
    let define = |word| format!("if \"{word}\" in _variables:\n    {word} = _variables[\"{word}\"]\n");
    let defined: Vec<String> = words.into_iter().map(define).collect();
    format!("_variables = _fields[3]\n{}", defined.concat())
}

/// Words of the language, and names that mean something already.
fn is_taken(word: &str) -> bool {
    const WORDS: [&str; 35] = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
        "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in",
        "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ];
    WORDS.contains(&word) || crate::compile::is_builtin(word) || defines(word)
}

fn mentions_dates(source: &str) -> bool {
    ["date", "last_login", "getattr"].iter().any(|word| source.contains(word))
}
