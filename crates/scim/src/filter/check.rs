//! From what is written to what is meant.

use super::compare::{fold, instant};
use super::condition::{Comparison, Condition, Operand, Text, Unknown};
use super::literal::Literal;
use super::syntax::{Filter, Operator};
use crate::AttrPath;
use crate::error::{Reason, ScimError, shown};
use crate::schema::{Attribute, DataType, ResourceType, Returned, Target};

impl Filter {
    /// What the filter means for resources of `kind`.
    pub fn check<'s>(&self, kind: &'s ResourceType, unknown: Unknown) -> Result<Condition<'s>, ScimError> {
        condition(self, Scope::Resource(kind), unknown)
    }

    /// What the filter means for the elements of `attribute`, in the brackets of a path.
    pub fn check_element<'s>(&self, attribute: &'s Attribute) -> Result<Condition<'s>, ScimError> {
        condition(self, Scope::Element(attribute), Unknown::Refused)
    }
}

/// Whose attributes the names are.
#[derive(Clone, Copy)]
enum Scope<'s> {
    Resource(&'s ResourceType),
    Element(&'s Attribute),
}

impl<'s> Scope<'s> {
    fn target(self, path: &AttrPath) -> Option<Target<'s>> {
        match self {
            Self::Resource(kind) => kind.target(path),
            Self::Element(attribute) => sub_target(attribute, path),
        }
    }
}

/// A name within brackets. The elements of a simple attribute have only themselves, as `value`.
fn sub_target<'s>(attribute: &'s Attribute, path: &AttrPath) -> Option<Target<'s>> {
    if path.urn.is_some() || path.sub.is_some() {
        return None;
    }
    let found = match attribute.sub(&path.name) {
        None if !attribute.is_complex() && path.is("value") => attribute,
        found => found?,
    };
    Some(Target { extension: None, attribute: found, sub: None })
}

fn condition<'s>(filter: &Filter, scope: Scope<'s>, unknown: Unknown) -> Result<Condition<'s>, ScimError> {
    let each = |filters: &[Filter]| -> Result<Vec<_>, _> {
        filters.iter().map(|it| condition(it, scope, unknown)).collect()
    };
    match filter {
        Filter::And(all) => each(all).map(Condition::All),
        Filter::Or(any) => each(any).map(Condition::Any),
        Filter::Not(inner) => Ok(Condition::Not(Box::new(condition(inner, scope, unknown)?))),
        Filter::Present(path) => match target(scope, path, unknown)? {
            Some(target) => Ok(Condition::Present(target)),
            None => Ok(Condition::Constant(false)),
        },
        Filter::Compare(path, operator, literal) => match target(scope, path, unknown)? {
            Some(target) => comparison(target, *operator, literal),
            None => Ok(Condition::Constant(if *literal == Literal::Null {
                *operator == Operator::Equal
            } else {
                *operator == Operator::NotEqual
            })),
        },
        Filter::Element(path, inner) => {
            let Some(target) = target(scope, path, unknown)? else { return Ok(Condition::Constant(false)) };
            let inner = condition(inner, Scope::Element(target.attribute), Unknown::Refused)?;
            Ok(Condition::Element(target, Box::new(inner)))
        }
    }
}

fn target<'s>(scope: Scope<'s>, path: &AttrPath, unknown: Unknown) -> Result<Option<Target<'s>>, ScimError> {
    let name = || shown(&path.to_string());
    match scope.target(path) {
        // To answer would tell the password letter by letter.
        Some(target) if target.leaf().returned == Returned::Never => {
            Err(refused(format!("{} cannot be filtered by", name())))
        }
        Some(target) => Ok(Some(target)),
        None if unknown == Unknown::Absent => Ok(None),
        None => Err(refused(format!("there is no attribute {}", name()))),
    }
}

fn comparison<'s>(
    target: Target<'s>,
    operator: Operator,
    literal: &Literal,
) -> Result<Condition<'s>, ScimError> {
    if *literal == Literal::Null {
        let present = Condition::Present(target);
        return match operator {
            Operator::Equal => Ok(Condition::Not(Box::new(present))),
            Operator::NotEqual => Ok(present),
            Operator::Contains
            | Operator::StartsWith
            | Operator::EndsWith
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::Less
            | Operator::LessOrEqual => {
                Err(refused(format!("`{}` cannot be asked of `null`", operator.word())))
            }
        };
    }
    let target = whole_value(target)?;
    let operand = operand(&target, operator, literal)?;
    Ok(Condition::Compare(Comparison { target, operator, operand }))
}

/// `emails eq "a"` compares the `value` of each (RFC 7643 §2.4), and so does Entra's `manager eq "id"`.
fn whole_value(target: Target<'_>) -> Result<Target<'_>, ScimError> {
    if target.sub.is_some() || !target.attribute.is_complex() {
        return Ok(target);
    }
    let Some(sub) = target.attribute.default_sub() else {
        let name = target.name();
        return Err(refused(format!("`{name}` has parts: compare one of them, as in `{name}.part`")));
    };
    Ok(Target { sub: Some(sub), ..target })
}

fn operand(target: &Target<'_>, operator: Operator, literal: &Literal) -> Result<Operand, ScimError> {
    let leaf = target.leaf();
    let is_equality = matches!(operator, Operator::Equal | Operator::NotEqual);
    let type_name = leaf.data_type.word();
    let wrong = |wanted: &str| {
        Err(refused(format!("`{}` is a {type_name} and is compared with {wanted}", target.name())))
    };
    let forbidden = || {
        let (name, word) = (target.name(), operator.word());
        Err(refused(format!("`{name}` is a {type_name}, of which `{word}` cannot be asked")))
    };
    match (leaf.data_type, literal) {
        (DataType::Boolean | DataType::Binary, _) if !is_equality => forbidden(),
        (DataType::Decimal | DataType::Integer, _) if operator.is_part() => forbidden(),
        (DataType::Boolean, Literal::Boolean(truth)) => Ok(Operand::Boolean(*truth)),
        // Entra writes truths as text.
        (DataType::Boolean, Literal::Text(text)) if text.eq_ignore_ascii_case("true") => {
            Ok(Operand::Boolean(true))
        }
        (DataType::Boolean, Literal::Text(text)) if text.eq_ignore_ascii_case("false") => {
            Ok(Operand::Boolean(false))
        }
        (DataType::Boolean, _) => wrong("`true` or `false`"),
        (DataType::Decimal | DataType::Integer, Literal::Number(number)) => {
            Ok(Operand::Number(number.clone()))
        }
        (DataType::Decimal | DataType::Integer, _) => wrong("a number"),
        (DataType::DateTime, Literal::Text(text)) if !operator.is_part() => match instant(text) {
            Some(instant) => Ok(Operand::Instant(instant)),
            None => wrong("an instant such as \"2011-05-13T04:42:34Z\""),
        },
        (
            DataType::String | DataType::Reference | DataType::Binary | DataType::DateTime,
            Literal::Text(text),
        ) => Ok(Operand::Text(as_text(leaf, text.clone()))),
        // A text of digits without its quotes.
        (DataType::String | DataType::Reference, Literal::Number(number)) if !number.is_f64() => {
            Ok(Operand::Text(as_text(leaf, number.to_string())))
        }
        (DataType::String | DataType::Reference | DataType::Binary | DataType::DateTime, _) => {
            wrong("a text in double quotes")
        }
        (DataType::Complex, _) => wrong("one of its parts"),
    }
}

fn as_text(leaf: &Attribute, written: String) -> Text {
    let folded = (!leaf.case_exact).then(|| fold(&written).into_owned());
    Text { written, folded }
}

fn refused(detail: impl Into<String>) -> ScimError {
    Reason::InvalidFilter.because(detail)
}
