//! How long, deep and strange a filter may be.

/// Bounds on filters, and what is forgiven in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Octets.
    pub max_length: usize,
    /// Brackets and parentheses within each other.
    pub max_depth: usize,
    /// Comparisons and logical words.
    pub max_terms: usize,
    /// Whether a text without quotes is a text, and `True` a truth.
    pub bare_words: bool,
}

impl Rules {
    /// The grammar to the letter.
    pub const STRICT: Self = Self { max_length: 8 * 1024, max_depth: 32, max_terms: 200, bare_words: false };

    /// With what known clients get wrong.
    pub const LENIENT: Self = Self { bare_words: true, ..Self::STRICT };
}

impl Default for Rules {
    fn default() -> Self {
        Self::LENIENT
    }
}
