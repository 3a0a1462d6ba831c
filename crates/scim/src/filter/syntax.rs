//! A filter as it is written.

use super::literal::Literal;
use crate::AttrPath;

/// A filter, by its grammar alone: nothing says yet whether the names mean anything.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of two or more.
    And(Vec<Filter>),
    /// Any of two or more.
    Or(Vec<Filter>),
    Not(Box<Filter>),
    /// `path op value`.
    Compare(AttrPath, Operator, Literal),
    /// `path pr`.
    Present(AttrPath),
    /// `path[filter]`: one element satisfies all of the filter, whose names are the element's.
    ///
    /// `emails[type eq "work"].value eq "a"` is not in the grammar of queries, but Entra sends it. It means, and is
    /// read as, `emails[type eq "work" and value eq "a"]`.
    Element(AttrPath, Box<Filter>),
}

impl Filter {
    /// How many comparisons it takes at most to answer for one element.
    pub fn n_terms(&self) -> usize {
        match self {
            Self::And(inner) | Self::Or(inner) => inner.iter().map(Self::n_terms).sum(),
            Self::Not(inner) | Self::Element(_, inner) => inner.n_terms(),
            Self::Compare(..) | Self::Present(_) => 1,
        }
    }
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Operator {
    pub const ALL: [Self; 9] = [
        Self::Equal,
        Self::NotEqual,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Less,
        Self::LessOrEqual,
    ];

    /// The two letters of the grammar.
    pub fn word(self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::NotEqual => "ne",
            Self::Contains => "co",
            Self::StartsWith => "sw",
            Self::EndsWith => "ew",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "ge",
            Self::Less => "lt",
            Self::LessOrEqual => "le",
        }
    }

    /// The operator of two letters in any case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.word().eq_ignore_ascii_case(word))
    }

    /// Whether the answer is whether one value is before another.
    pub fn is_order(self) -> bool {
        match self {
            Self::Greater | Self::GreaterOrEqual | Self::Less | Self::LessOrEqual => true,
            Self::Equal | Self::NotEqual | Self::Contains | Self::StartsWith | Self::EndsWith => false,
        }
    }

    /// Whether the answer is whether one text is part of another.
    pub fn is_part(self) -> bool {
        match self {
            Self::Contains | Self::StartsWith | Self::EndsWith => true,
            Self::Equal
            | Self::NotEqual
            | Self::Greater
            | Self::GreaterOrEqual
            | Self::Less
            | Self::LessOrEqual => false,
        }
    }
}
