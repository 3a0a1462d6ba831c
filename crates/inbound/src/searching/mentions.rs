//! What a condition asks of the members of groups, or of the groups of users, which lie in a table.

use scimitar_scim::filter::{Comparison, Condition, Operand, Operator};
use uuid::Uuid;

/// How much of them must be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mentions {
    Nothing,
    /// Whether these are among them. Entra asks so of groups of any size: `members[value eq "…"]`.
    These(Vec<Uuid>),
    Everything,
}

/// What `condition` asks of the attribute `name`.
pub(super) fn mentions(condition: &Condition<'_>, name: &str) -> Mentions {
    match condition {
        Condition::All(inner) | Condition::Any(inner) => {
            inner.iter().map(|it| mentions(it, name)).fold(Mentions::Nothing, Mentions::and)
        }
        Condition::Not(inner) => mentions(inner, name),
        Condition::Compare(comparison) if comparison.target.attribute.name == name => {
            named(comparison).map_or(Mentions::Everything, |id| Mentions::These(vec![id]))
        }
        Condition::Present(target) if target.attribute.name == name => Mentions::Everything,
        Condition::Element(target, inner) if target.attribute.name == name => {
            in_element(inner).map_or(Mentions::Everything, |id| Mentions::These(vec![id]))
        }
        Condition::Compare(_) | Condition::Present(_) | Condition::Element(..) | Condition::Constant(_) => {
            Mentions::Nothing
        }
    }
}

impl Mentions {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, other) | (other, Self::Nothing) => other,
            (Self::These(mut these), Self::These(others)) => {
                these.extend(others);
                Self::These(these)
            }
            (Self::Everything, _) | (_, Self::Everything) => Self::Everything,
        }
    }
}

/// The one whom a comparison names by its whole id.
pub(super) fn named(comparison: &Comparison<'_>) -> Option<Uuid> {
    match (&comparison.operand, comparison.operator) {
        (Operand::Text(text), Operator::Equal) if comparison.target.leaf().name == "value" => {
            Some(Uuid::try_parse(&text.written).unwrap_or(Uuid::nil()))
        }
        _other => None,
    }
}

/// The one whom an element must be, whatever else is asked of it.
fn in_element(inner: &Condition<'_>) -> Option<Uuid> {
    match inner {
        Condition::All(all) => all.iter().find_map(in_element),
        Condition::Compare(comparison) => named(comparison),
        Condition::Any(_)
        | Condition::Not(_)
        | Condition::Present(_)
        | Condition::Element(..)
        | Condition::Constant(_) => None,
    }
}
