//! Stands prelude functions in for what the interpreter lacks, and refuses what can never work.
//!
//! The text is changed in place, so that every line stays where it is: `x.filter(a=1).exists()` becomes
//! `_q_exists(_q_filter(x,a=1),)`, and `"%s" % y` becomes `_q_mod("%s" , y)`. A construct in a form that
//! cannot be changed this way is left alone, and the interpreter says what it thinks of it.

use std::collections::BTreeSet;

use ruff_python_ast::{
    Alias, ExceptHandler, Expr, ExprBinOp, ExprCall, ExprContext, ExprSubscript, Operator, Parameter, Stmt,
    StmtAugAssign, StmtDelete,
    visitor::{Visitor, walk_alias, walk_except_handler, walk_expr, walk_parameter, walk_stmt},
};
use ruff_python_parser::parse_module;
use ruff_text_size::Ranged;

use super::{
    Word,
    edits::{Edit, Edits},
    imports,
    names::Names,
    wrap::Wrapped,
};
use crate::SyntaxFault;

/// A rewritten expression.
#[derive(Debug)]
pub(crate) struct Rewritten {
    pub(crate) text: String,
    pub(crate) edits: Edits,
    pub(crate) words: BTreeSet<Word>,
}

/// Parses and rewrites. `guard_calls` is for expressions that may stop to ask the host.
pub(crate) fn rewrite(wrapped: &Wrapped, guard_calls: bool) -> Result<Rewritten, SyntaxFault> {
    let parsed = parse_module(&wrapped.text).map_err(|error| {
        let offset = error.location.start().to_usize();
        let place =
            if wrapped.holds(offset) && !wrapped.text.get(offset..).unwrap_or_default().trim().is_empty() {
                wrapped.place(offset)
            } else {
                wrapped.last_place()
            };
        place.fault(uncapitalised(&error.error.to_string()))
    })?;

    let mut rewriter = Rewriter::new(&wrapped.text);
    for statement in parsed.suite() {
        rewriter.visit_stmt(statement);
    }
    if let Some((offset, message)) = rewriter.refused {
        return Err(wrapped.place(offset).fault(message));
    }
    let (mut edits, mut words) = (rewriter.edits, rewriter.words);
    if rewriter.too_deep {
        // The interpreter refuses it with its own words.
        edits.clear();
    } else if guard_calls {
        let calls = rewriter.names.undefined_calls();
        if !calls.is_empty() {
            words.insert(Word::Missing);
        }
        edits.extend(calls);
    }
    let edits = Edits::apply(&wrapped.text, edits);
    Ok(Rewritten { text: edits.text().to_owned(), edits, words })
}

/// Deeper than the interpreter goes. Flat source such as `a.b.c.d` makes trees of any depth.
const DEEPEST: u32 = 250;

struct Rewriter<'t> {
    text: &'t str,
    edits: Vec<Edit>,
    words: BTreeSet<Word>,
    names: Names,
    refused: Option<(usize, String)>,
    depth: u32,
    too_deep: bool,
    /// How many `try` bodies are open.
    tries: u32,
}

impl<'t> Rewriter<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            edits: Vec::new(),
            words: BTreeSet::new(),
            names: Names::default(),
            refused: None,
            depth: 0,
            too_deep: false,
            tries: 0,
        }
    }

    fn refuse(&mut self, offset: usize, message: impl Into<String>) {
        self.refused.get_or_insert((offset, message.into()));
    }

    fn insert(&mut self, at: usize, text: &str) {
        self.edits.push(Edit { at, remove: 0, insert: text.to_owned() });
    }

    fn replace(&mut self, at: usize, remove: usize, text: &str) {
        self.edits.push(Edit { at, remove, insert: text.to_owned() });
    }

    /// The one `sign` in the text between two expressions, unless brackets, comments or breaks make it unclear.
    fn sign_between(&self, from: usize, to: usize, sign: &str) -> Option<usize> {
        let gap = self.text.get(from..to)?;
        if gap.contains('#') {
            return None;
        }
        gap.find(sign).map(|at| from + at)
    }

    fn binary(&mut self, expr: &ExprBinOp) {
        let (sign, function, word) = match expr.op {
            Operator::Mod if !matches!(*expr.left, Expr::NumberLiteral(_)) => ("%", "_q_mod(", Word::Format),
            Operator::BitOr => ("|", "_q_or(", Word::Dict),
            _ => return,
        };
        let Some(at) = self.sign_between(expr.left.end().to_usize(), expr.right.start().to_usize(), sign)
        else {
            return;
        };
        self.insert(expr.start().to_usize(), function);
        self.replace(at, 1, ",");
        self.insert(expr.end().to_usize(), ")");
        self.words.insert(word);
    }

    fn call(&mut self, call: &ExprCall) {
        self.names.see_call(call);
        match &*call.func {
            Expr::Name(name) if name.id == "next" => {
                if matches!(call.arguments.args.first(), Some(Expr::Generator(_))) {
                    self.replace(name.start().to_usize(), "next".len(), "_q_next");
                    self.words.insert(Word::Next);
                }
            }
            Expr::Attribute(attribute) => {
                let Some(function) = query(&attribute.attr, call) else { return };
                let opens = call.arguments.range.start().to_usize();
                let Some(gap) =
                    self.text.get(attribute.value.end().to_usize()..attribute.attr.start().to_usize())
                else {
                    return;
                };
                let Some(dot) = gap.rfind('.').map(|at| attribute.value.end().to_usize() + at) else {
                    return;
                };
                if self.text.get(dot..opens).is_none_or(|removed| removed.contains(['\n', '#', '\\'])) {
                    return;
                }
                self.insert(call.start().to_usize(), function);
                self.replace(dot, opens + 1 - dot, ",");
                self.words.insert(Word::Query);
            }
            _ => {}
        }
    }

    fn augmented(&mut self, statement: &StmtAugAssign) {
        let (Operator::BitOr, Expr::Name(target)) = (statement.op, &*statement.target) else { return };
        let (from, to) = (target.end().to_usize(), statement.value.start().to_usize());
        let Some(at) = self.sign_between(from, to, "|=") else { return };
        self.replace(at, 2, &format!("= _q_ior({},", target.id));
        self.insert(statement.end().to_usize(), ")");
        self.words.insert(Word::Dict);
    }

    fn delete(&mut self, statement: &StmtDelete) {
        let Some(first) = statement.targets.first() else { return };
        let (from, to) = (statement.start().to_usize(), first.start().to_usize());
        if self.text.get(from..to).is_none_or(|gap| gap.trim() != "del" || gap.contains(['\n', '\\'])) {
            return;
        }
        let mut changes = Vec::new();
        for target in &statement.targets {
            let Expr::Subscript(subscript) = target else { return };
            if matches!(*subscript.slice, Expr::Slice(_)) {
                return;
            }
            let (from, to) = (subscript.value.end().to_usize(), subscript.slice.start().to_usize());
            let Some(opens) = self.sign_between(from, to, "[") else { return };
            changes.push((target.start().to_usize(), opens, target.end().to_usize().saturating_sub(1)));
        }
        self.replace(from, to - from, "");
        for (start, opens, closes) in changes {
            self.insert(start, "_q_del(");
            self.replace(opens, 1, ",");
            self.replace(closes, 1, ")");
        }
        self.words.insert(Word::Dict);
    }

    fn subscript(&mut self, expr: &ExprSubscript) {
        if expr.ctx == ExprContext::Store && matches!(*expr.slice, Expr::Slice(_)) {
            self.refuse(expr.start().to_usize(), "mappings do not support assignment to a slice");
        }
    }

    fn import(&mut self, module: &str, offset: usize) {
        // Where the author has provided for its absence, an unknown module is a matter of the run.
        if (self.tries == 0 || imports::is_forbidden(module))
            && let Some(message) = imports::refusal(module)
        {
            self.refuse(offset, message);
        }
    }
}

impl<'a> Visitor<'a> for Rewriter<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Delete(delete) => self.delete(delete),
            Stmt::AugAssign(augmented) => self.augmented(augmented),
            Stmt::Import(import) => {
                for alias in &import.names {
                    self.import(&alias.name, statement.start().to_usize());
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or(".", |module| module.as_str());
                self.import(module, statement.start().to_usize());
            }
            Stmt::Global(_) => {
                self.refuse(statement.start().to_usize(), "mappings do not support the `global` statement");
            }
            Stmt::FunctionDef(function) => self.names.bind(&function.name),
            Stmt::ClassDef(class) => self.names.bind(&class.name),
            _ => {}
        }
        let tries = u32::from(matches!(statement, Stmt::Try(_)));
        self.tries += tries;
        self.depth += 1;
        if self.depth > DEEPEST {
            self.too_deep = true;
        } else {
            walk_stmt(self, statement);
        }
        self.depth -= 1;
        self.tries -= tries;
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.names.see(expr);
        match expr {
            Expr::BinOp(binary) => self.binary(binary),
            Expr::Call(call) => self.call(call),
            Expr::Subscript(subscript) => self.subscript(subscript),
            _ => {}
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            self.too_deep = true;
        } else {
            walk_expr(self, expr);
        }
        self.depth -= 1;
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        self.names.bind(&parameter.name);
        walk_parameter(self, parameter);
    }

    fn visit_alias(&mut self, alias: &'a Alias) {
        let name = alias.asname.as_ref().unwrap_or(&alias.name);
        self.names.bind(name.split('.').next().unwrap_or_default());
        walk_alias(self, alias);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.names.bind(name);
        }
        walk_except_handler(self, handler);
    }
}

/// The prelude function that stands in for a query method, if the call is one.
///
/// `get`, `values` and `count` are also methods of dicts, lists and texts; their arguments tell them apart.
fn query(method: &str, call: &ExprCall) -> Option<&'static str> {
    let (positional, named) = (call.arguments.args.len(), call.arguments.keywords.len());
    let none = positional + named == 0;
    match method {
        "all" if none => Some("_q_all("),
        "exists" if none => Some("_q_exists("),
        "first" if none => Some("_q_first("),
        "last" if none => Some("_q_last("),
        "count" if none => Some("_q_count("),
        "filter" => Some("_q_filter("),
        "exclude" => Some("_q_exclude("),
        "distinct" => Some("_q_distinct("),
        "order_by" => Some("_q_order_by("),
        "values_list" => Some("_q_values_list("),
        "values" if positional > 0 => Some("_q_values("),
        "get" if positional == 0 && named > 0 => Some("_q_get_one("),
        _ => None,
    }
}

/// `Expected an indented block` in the middle of a sentence.
fn uncapitalised(message: &str) -> String {
    let mut characters = message.chars();
    match (characters.next(), characters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(characters).collect()
        }
        _ => message.to_owned(),
    }
}
