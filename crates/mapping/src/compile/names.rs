//! Which names an expression binds, and which bare names it calls.

use std::{collections::BTreeSet, str::FromStr};

use monty_types::{ExcType, MontyObject};
use ruff_python_ast::{Expr, ExprCall, ExprContext};
use ruff_text_size::Ranged;

use super::edits::Edit;
use crate::prelude;

/// Types that the interpreter knows by name without an import.
const TYPES: &[&str] = &[
    "bool",
    "bytes",
    "dict",
    "float",
    "frozenset",
    "int",
    "iter",
    "list",
    "object",
    "property",
    "range",
    "set",
    "slice",
    "str",
    "tuple",
    "type",
];

/// Names seen so far.
#[derive(Debug, Default)]
pub(crate) struct Names {
    bound: BTreeSet<String>,
    called: Vec<(String, usize)>,
}

impl Names {
    pub(crate) fn bind(&mut self, name: &str) {
        self.bound.insert(name.to_owned());
    }

    pub(crate) fn see(&mut self, expr: &Expr) {
        if let Expr::Name(name) = expr
            && name.ctx != ExprContext::Load
        {
            self.bind(&name.id);
        }
    }

    pub(crate) fn see_call(&mut self, call: &ExprCall) {
        if let Expr::Name(name) = &*call.func {
            self.called.push((name.id.to_string(), name.start().to_usize()));
        }
    }

    /// Makes calls of names that nothing defines fail before their arguments are evaluated. The interpreter
    /// would hand such a call to the host with its arguments, however large they are.
    pub(crate) fn undefined_calls(self) -> Vec<Edit> {
        let Self { bound, called } = self;
        called
            .into_iter()
            .filter(|(name, _)| !bound.contains(name) && !is_builtin(name) && !prelude::defines(name))
            .map(|(name, at)| Edit { at, remove: name.len(), insert: format!("_missing(\"{name}\")") })
            .collect()
    }
}

pub(crate) fn is_builtin(name: &str) -> bool {
    TYPES.contains(&name)
        || ExcType::from_str(name).is_ok()
        || MontyObject::builtin_function_from_name(name).is_some()
}
