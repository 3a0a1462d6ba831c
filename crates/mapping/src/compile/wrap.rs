//! An expression as the body of a function, and the way back to its author's lines.

use crate::{SyntaxFault, compile::Place};

const INDENT: &str = "    ";

/// The function `_handler` with the expression as its body.
#[derive(Debug)]
pub(crate) struct Wrapped {
    pub(crate) text: String,
    /// Byte offset of each line of `text`; the first is the function's head.
    starts: Vec<usize>,
}

impl Wrapped {
    pub(crate) fn new(source: &str, parameters: &str, longest: usize) -> Result<Self, SyntaxFault> {
        if source.len() > longest {
            let message = format!("the expression is longer than {longest} bytes");
            return Err(Place { line: 1, column: 1, text: first_line(source) }.fault(message));
        }
        if let Some(line) = source.split('\n').position(|line| line.contains('\0')) {
            let line = u32::try_from(line).unwrap_or(u32::MAX).saturating_add(1);
            return Err(
                Place { line, column: 1, text: String::new() }.fault("the expression holds a NUL character")
            );
        }
        // A form feed starts a line's indentation anew and would let the expression out of its function.
        let source = source.replace("\r\n", "\n").replace(['\r'], "\n").replace('\u{c}', " ");
        if source.trim().is_empty() {
            return Err(Place { line: 1, column: 1, text: String::new() }.fault("the expression is empty"));
        }

        let mut text = format!("def _handler({parameters}):\n");
        let mut starts = vec![0];
        for line in source.split('\n') {
            starts.push(text.len());
            // Lines of white space stay as they are, as `textwrap.indent` leaves them.
            if !line.trim().is_empty() {
                text.push_str(INDENT);
            }
            text.push_str(line);
            text.push('\n');
        }
        Ok(Self { text, starts })
    }

    /// Whether the offset lies in the expression itself.
    pub(crate) fn holds(&self, offset: usize) -> bool {
        self.starts.get(1).is_some_and(|&start| offset >= start) && offset < self.text.len()
    }

    pub(crate) fn place(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|&start| start <= offset).saturating_sub(1).max(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let whole = self.line(line);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        let indented = if whole.starts_with(INDENT) { INDENT.len() } else { 0 };
        Place {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column.saturating_sub(indented)).unwrap_or(u32::MAX).saturating_add(1),
            text: whole.get(indented..).unwrap_or_default().to_owned(),
        }
    }

    pub(crate) fn first_place(&self) -> Place {
        self.place(self.starts.get(1).copied().unwrap_or(0) + INDENT.len())
    }

    /// The end of the last line that says something.
    pub(crate) fn last_place(&self) -> Place {
        self.place(self.text.trim_end().len().saturating_sub(1))
    }

    fn line(&self, line: usize) -> &str {
        let start = self.starts.get(line).copied().unwrap_or(0);
        self.text.get(start..).and_then(|rest| rest.split('\n').next()).unwrap_or_default()
    }
}

fn first_line(source: &str) -> String {
    source.lines().next().unwrap_or_default().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(source: &str) -> Wrapped {
        Wrapped::new(source, "request", 1000).expect("it fits")
    }

    #[test]
    fn a_place_is_told_in_the_authors_own_lines() {
        let wrapped = wrapped("a = 1\r\nif ä: b\r\n");
        assert_eq!(wrapped.text, "def _handler(request):\n    a = 1\n    if ä: b\n\n");
        let offset = wrapped.text.find('b').expect("it is there");
        assert_eq!(wrapped.place(offset), Place { line: 2, column: 7, text: "if ä: b".into() });
    }

    #[test]
    fn blank_lines_are_not_indented_and_form_feeds_do_not_end_the_function() {
        assert_eq!(wrapped("a\n  \n\u{c}b").text, "def _handler(request):\n    a\n  \n     b\n");
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        for source in ["", " \n\t\n", "\0"] {
            assert!(Wrapped::new(source, "request", 1000).is_err(), "{source:?}");
        }
        let fault = Wrapped::new(&"x".repeat(1001), "request", 1000).expect_err("it is too long");
        assert_eq!(fault.message, "the expression is longer than 1000 bytes");
    }
}
