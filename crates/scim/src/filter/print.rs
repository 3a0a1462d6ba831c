//! Writing a filter, with no more parentheses than it takes to read back the same.

use std::fmt;

use super::syntax::Filter;

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(all) => join(f, all, " and ", |it| matches!(it, Self::And(_) | Self::Or(_))),
            Self::Or(any) => join(f, any, " or ", |it| matches!(it, Self::Or(_))),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Compare(path, operator, literal) => write!(f, "{path} {} {literal}", operator.word()),
            Self::Present(path) => write!(f, "{path} pr"),
            Self::Element(path, inner) => write!(f, "{path}[{inner}]"),
        }
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    filters: &[Filter],
    word: &str,
    needs_group: fn(&Filter) -> bool,
) -> fmt::Result {
    for (n, filter) in filters.iter().enumerate() {
        if n > 0 {
            f.write_str(word)?;
        }
        if needs_group(filter) { write!(f, "({filter})")? } else { write!(f, "{filter}")? }
    }
    Ok(())
}
