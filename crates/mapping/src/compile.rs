//! From an expression's source to code that runs.

mod edits;
mod imports;
mod names;
mod rewrite;
mod wrap;

use monty::MontyRun;
use monty_types::{AssertMessageAnnotations, CompileOptions, MontyException};

pub(crate) use self::names::is_builtin;
use self::{edits::Edits, wrap::Wrapped};
use crate::{Limits, SyntaxFault, expression::mentions_groups, prelude};

/// Which objects are in scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Group,
    Received,
}

impl Kind {
    fn parameters(self) -> &'static str {
        match self {
            Self::User => "request, user, provider, connection",
            Self::Group => "request, group, provider, connection",
            Self::Received => "request, http_request, user, data, properties, source",
        }
    }
}

/// Families of constructs that the interpreter lacks and a prelude function stands in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Word {
    /// Query methods on lists, such as `user.ak_groups.filter(name="a").exists()`.
    Query,
    /// `"%s" % value`.
    Format,
    /// `a | b` of dicts and `del a[b]`.
    Dict,
    /// `next(x for x in y)`.
    Next,
    /// A call of a name that nothing defines.
    Missing,
}

/// The variables that an evaluation is given, in order.
pub(crate) const INPUTS: [&str; 6] =
    ["_fields", "_groups", "_direct", "_provider", "_connection", "_mapping"];

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) run: MontyRun,
    pub(crate) kind: Kind,
    /// Whether the expression may stop to ask the host. Where it may not, it runs without being copied.
    pub(crate) asks: bool,
    pub(crate) mentions_groups: bool,
    wrapped: Wrapped,
    edits: Edits,
    prelude_lines: u32,
}

/// Where in the author's source something is. Counted from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) text: String,
}

impl Place {
    pub(crate) fn fault(self, message: impl Into<String>) -> SyntaxFault {
        SyntaxFault { line: self.line, column: self.column, text: self.text, message: message.into() }
    }
}

/// Compiles `source`. Deep nesting makes this recurse deeply: call it on a thread with a large stack.
pub(crate) fn compile(source: &str, kind: Kind, limits: &Limits) -> Result<Compiled, SyntaxFault> {
    let wrapped = Wrapped::new(source, kind.parameters(), limits.source)?;
    let asks = ["ak_user_by", "now", "today", "open"].iter().any(|word| source.contains(word));
    let rewritten = rewrite::rewrite(&wrapped, asks)?;
    let mut prelude = prelude::for_source(source, &rewritten.words, kind, limits.output);
    match kind {
        Kind::User | Kind::Group => {}
        Kind::Received => prelude.push_str(&prelude::variables(source)),
    }
    let trailer = prelude::trailer(source, &rewritten.words, kind);
    let code = format!("{prelude}{}\n{trailer}", rewritten.text);
    let mut inputs: Vec<String> = INPUTS.iter().map(|&name| name.to_owned()).collect();
    if source.contains("ak_user_by") {
        inputs.push("_host".to_owned());
    }

    // An assertion says what its author wrote and nothing of the values.
    let options = CompileOptions { assert_message_annotations: AssertMessageAnnotations::Off };
    let prelude_lines = u32::try_from(prelude.lines().count()).unwrap_or(u32::MAX);
    let place = |exception: &MontyException| locate(exception, &wrapped, &rewritten.edits, prelude_lines);
    match MontyRun::new(code, "mapping", inputs, options) {
        Ok(run) => Ok(Compiled {
            run,
            kind,
            asks,
            mentions_groups: mentions_groups(source),
            wrapped,
            edits: rewritten.edits,
            prelude_lines,
        }),
        Err(exception) => Err(place(&exception).fault(refusal(&exception))),
    }
}

impl Compiled {
    /// The innermost place of the author's own source that the exception came through.
    pub(crate) fn place(&self, exception: &MontyException) -> Place {
        locate(exception, &self.wrapped, &self.edits, self.prelude_lines)
    }
}

fn locate(exception: &MontyException, wrapped: &Wrapped, edits: &Edits, prelude_lines: u32) -> Place {
    let frames = exception.traceback().iter().rev();
    let mut inside = frames.filter_map(|frame| {
        let line = frame.start.line.checked_sub(prelude_lines)?;
        edits.origin(line, frame.start.column).filter(|&offset| wrapped.holds(offset))
    });
    match inside.next() {
        Some(offset) => wrapped.place(offset),
        // A fault that shows only behind the expression, such as a bracket that is never closed.
        None => match exception.traceback().last() {
            Some(frame) if frame.start.line > prelude_lines => wrapped.last_place(),
            _ => wrapped.first_place(),
        },
    }
}

/// The interpreter's refusal in words about mappings.
fn refusal(exception: &MontyException) -> String {
    let message = exception.message().unwrap_or("the expression cannot be compiled");
    match message.strip_prefix("The monty syntax parser does not yet support ") {
        Some(feature) => format!("mappings do not support {}", feature.replace('\'', "`")),
        None => message.to_owned(),
    }
}
