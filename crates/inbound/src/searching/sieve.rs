//! What an index says about a condition: which resources it can be true of, and whether it is true of all of them.

use std::collections::BTreeSet;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use scimitar_domain::{ObjectKind, SourceId, TermField};
use scimitar_scim::ResourceKind;
use scimitar_scim::filter::{Comparison, Condition, Operand, Operator, Text};
use scimitar_store::source_links::{self, Part, Probe};
use scimitar_store::{Conn, StoreError};
use uuid::Uuid;

/// So few that to look at each costs less than to ask another index.
const FEW: usize = 500;

/// A condition as far as indexes know it. What it lets through is everything of which the condition is true.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sieve {
    /// `is_exact`: the condition is true of all that the probe finds.
    Probe {
        probe: Probe,
        is_exact: bool,
    },
    All {
        all: Vec<Sieve>,
        is_exact: bool,
    },
    Any(Vec<Sieve>),
}

/// What a sieve lets through: numbers that rise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Through {
    pub(super) seqs: Vec<i64>,
    /// Whether nothing else is among them.
    pub(super) is_exact: bool,
}

impl Sieve {
    /// `None` where no index knows anything.
    pub(super) fn of(kind: ResourceKind, condition: &Condition<'_>) -> Option<Self> {
        match condition {
            Condition::All(all) => {
                let known: Vec<Self> = all.iter().filter_map(|it| Self::of(kind, it)).collect();
                let is_exact = known.len() == all.len();
                (!known.is_empty()).then_some(Self::All { all: known, is_exact })
            }
            Condition::Any(any) => {
                any.iter().map(|it| Self::of(kind, it)).collect::<Option<_>>().map(Self::Any)
            }
            Condition::Compare(comparison) => compared(kind, comparison),
            Condition::Element(target, inner) => {
                let (value, is_all) = element_value(inner)?;
                match (&*target.attribute.name, kind, target.extension) {
                    ("emails", ResourceKind::User, None) => term(TermField::UserEmail, value, is_all),
                    ("members", ResourceKind::Group, None) => Some(named(value, Probe::WithMember)),
                    ("groups", ResourceKind::User, None) => Some(named(value, Probe::InGroup)),
                    _other => None,
                }
            }
            Condition::Constant(false) => Some(Self::NOTHING),
            Condition::Constant(true) | Condition::Not(_) | Condition::Present(_) => None,
        }
    }

    const NOTHING: Self = Self::Any(Vec::new());

    fn exact(probe: Probe) -> Self {
        Self::Probe { probe, is_exact: true }
    }

    /// How many it lets through, as a guess: the smaller, the fewer.
    fn width(&self) -> u32 {
        match self {
            Self::Probe { probe, is_exact: _ } => match probe {
                Probe::Object(_) | Probe::ExternalId(_) | Probe::UserName(Part::Whole(_)) => 0,
                Probe::Term(_, Part::Whole(_)) | Probe::WithMember(_) => 1,
                Probe::UserName(Part::Start(_)) | Probe::Term(_, Part::Start(_)) => 2,
                Probe::Active(false) => 3,
                Probe::InGroup(_) | Probe::ChangedSince(_) => 4,
                Probe::UserName(_) | Probe::Term(..) => 5,
                Probe::Active(true) => 6,
            },
            Self::All { all, is_exact: _ } => all.iter().map(Self::width).min().unwrap_or(0),
            Self::Any(any) => any.iter().map(Self::width).max().unwrap_or(0),
        }
    }

    /// What it lets through of what is numbered higher than `after`.
    pub(super) fn through(
        &self,
        conn: &mut Conn,
        source: SourceId,
        kind: ObjectKind,
        after: i64,
    ) -> Result<Through, StoreError> {
        let mut through = self.sure(conn, source, kind, after)?;
        let loose = source_links::loose(conn, source, kind, after)?;
        if !loose.is_empty() {
            through.is_exact = false;
            through.seqs =
                through.seqs.into_iter().chain(loose).collect::<BTreeSet<_>>().into_iter().collect();
        }
        Ok(through)
    }

    fn sure(
        &self,
        conn: &mut Conn,
        source: SourceId,
        kind: ObjectKind,
        after: i64,
    ) -> Result<Through, StoreError> {
        match self {
            Self::Probe { probe, is_exact } => {
                let seqs = source_links::matching(conn, source, kind, probe, after)?;
                Ok(Through { seqs, is_exact: *is_exact })
            }
            Self::All { all, is_exact } => {
                let mut narrow: Vec<&Self> = all.iter().collect();
                narrow.sort_by_key(|sieve| sieve.width());
                let mut through: Option<Through> = None;
                for sieve in narrow {
                    match &mut through {
                        None => through = Some(sieve.sure(conn, source, kind, after)?),
                        Some(through) if through.seqs.len() <= FEW => through.is_exact = false,
                        Some(through) => {
                            let next = sieve.sure(conn, source, kind, after)?;
                            through.seqs.retain(|seq| next.seqs.binary_search(seq).is_ok());
                            through.is_exact &= next.is_exact;
                        }
                    }
                }
                let mut through = through.unwrap_or(Through { seqs: Vec::new(), is_exact: false });
                through.is_exact &= is_exact;
                Ok(through)
            }
            Self::Any(any) => {
                let (mut seqs, mut is_exact) = (BTreeSet::new(), true);
                for sieve in any {
                    let next = sieve.sure(conn, source, kind, after)?;
                    seqs.extend(next.seqs);
                    is_exact &= next.is_exact;
                }
                Ok(Through { seqs: seqs.into_iter().collect(), is_exact })
            }
        }
    }
}

fn compared(kind: ResourceKind, comparison: &Comparison<'_>) -> Option<Sieve> {
    let Comparison { target, operator, operand } = comparison;
    let sub = target.sub.map(|sub| &*sub.name);
    if target.extension.is_some() {
        return None;
    }
    match (&*target.attribute.name, sub, operand) {
        ("active", None, Operand::Boolean(wanted))
            if *operator == Operator::Equal && kind == ResourceKind::User =>
        {
            Some(Sieve::exact(Probe::Active(*wanted)))
        }
        ("meta", Some("lastModified"), Operand::Instant(at)) => since(*operator, *at),
        // PostgreSQL cannot look for it, and no text has it.
        (_, _, Operand::Text(text)) if text.written.contains('\0') => {
            (*operator != Operator::NotEqual).then_some(Sieve::NOTHING).filter(|_| !operator.is_order())
        }
        (name, sub, Operand::Text(text)) => in_text(kind, (name, sub), *operator, text),
        _other => None,
    }
}

fn in_text(
    kind: ResourceKind,
    (name, sub): (&str, Option<&str>),
    operator: Operator,
    text: &Text,
) -> Option<Sieve> {
    let is_equal = operator == Operator::Equal;
    match (name, sub, kind) {
        ("id", None, _) if is_equal => Some(named(text, Probe::Object)),
        ("externalId", None, _) if is_equal => Some(Sieve::exact(Probe::ExternalId(text.written.clone()))),
        ("members", Some("value"), ResourceKind::Group) if is_equal => Some(named(text, Probe::WithMember)),
        ("groups", Some("value"), ResourceKind::User) if is_equal => Some(named(text, Probe::InGroup)),
        ("userName", None, ResourceKind::User) => Some(Sieve::exact(Probe::UserName(part(operator, text)?))),
        ("displayName", None, ResourceKind::User) => {
            Some(Sieve::exact(Probe::Term(TermField::UserDisplayName, part(operator, text)?)))
        }
        ("displayName", None, ResourceKind::Group) => {
            Some(Sieve::exact(Probe::Term(TermField::GroupDisplayName, part(operator, text)?)))
        }
        ("emails", Some("value"), ResourceKind::User) => {
            Some(Sieve::exact(Probe::Term(TermField::UserEmail, part(operator, text)?)))
        }
        _other => None,
    }
}

/// The part of a text that is known, where its case makes no difference: so texts are kept.
fn part(operator: Operator, text: &Text) -> Option<Part> {
    let folded = text.folded.clone()?;
    match operator {
        Operator::Equal => Some(Part::Whole(folded)),
        Operator::StartsWith => Some(Part::Start(folded)),
        Operator::Contains => Some(Part::Within(folded)),
        Operator::EndsWith => Some(Part::End(folded)),
        Operator::NotEqual
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::Less
        | Operator::LessOrEqual => None,
    }
}

fn term(field: TermField, text: &Text, is_exact: bool) -> Option<Sieve> {
    let probe = Probe::Term(field, part(Operator::Equal, text)?);
    Some(Sieve::Probe { probe, is_exact })
}

/// One object by its id. There are several ways to write one, of which a filter means one.
fn named(text: &Text, probe: impl FnOnce(Uuid) -> Probe) -> Sieve {
    match Uuid::try_parse(&text.written) {
        Ok(id) => Sieve::Probe { probe: probe(id), is_exact: false },
        Err(_) => Sieve::NOTHING,
    }
}

/// Moments are kept to the microsecond.
fn since(operator: Operator, at: DateTime<Utc>) -> Option<Sieve> {
    let kept = at.duration_trunc(TimeDelta::microseconds(1)).ok()?;
    match operator {
        Operator::Greater | Operator::GreaterOrEqual => {
            let is_exact = operator == Operator::GreaterOrEqual && kept == at;
            Some(Sieve::Probe { probe: Probe::ChangedSince(kept), is_exact })
        }
        Operator::Equal
        | Operator::NotEqual
        | Operator::Contains
        | Operator::StartsWith
        | Operator::EndsWith
        | Operator::Less
        | Operator::LessOrEqual => None,
    }
}

/// The value that one element must have, and whether that is all that is asked of it.
fn element_value<'c>(inner: &'c Condition<'_>) -> Option<(&'c Text, bool)> {
    match inner {
        Condition::All(all) => all.iter().find_map(element_value).map(|(text, _)| (text, false)),
        Condition::Compare(Comparison {
            target,
            operator: Operator::Equal,
            operand: Operand::Text(text),
        }) if target.leaf().name == "value" && !text.written.contains('\0') => Some((text, true)),
        Condition::Compare(_)
        | Condition::Any(_)
        | Condition::Not(_)
        | Condition::Present(_)
        | Condition::Element(..)
        | Condition::Constant(_) => None,
    }
}
