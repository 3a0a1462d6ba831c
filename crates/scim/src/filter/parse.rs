//! Reading a filter: recursive descent over the text, each octet looked at a constant number of times.

use super::literal::Literal;
use super::rules::Rules;
use super::syntax::{Filter, Operator};
use crate::AttrPath;
use crate::error::{Reason, ScimError, shown};
use crate::path::is_name;

impl Filter {
    /// Read a filter. Anything after it is an error, and so is nothing at all.
    pub fn parse(text: &str, rules: &Rules) -> Result<Self, ScimError> {
        let mut parser = Parser::new(text, rules)?;
        parser.skip_spaces();
        if parser.rest().is_empty() {
            return Err(refused("the filter is empty"));
        }
        let filter = parser.any(Place::Resource)?;
        parser.skip_spaces();
        match parser.rest() {
            "" => Ok(filter),
            _ => Err(parser.unexpected("`and`, `or` or the end")),
        }
    }

    /// Read `[filter]` at the start of `text`, and give what comes after it.
    pub(crate) fn parse_brackets<'t>(text: &'t str, rules: &Rules) -> Result<(Self, &'t str), ScimError> {
        let mut parser = Parser::new(text, rules)?;
        let filter = parser.brackets()?;
        Ok((filter, parser.rest()))
    }
}

/// Whose attributes the names are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Resource,
    /// Within brackets, where no further brackets may stand.
    Element,
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    n_terms: usize,
    rules: Rules,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, rules: &Rules) -> Result<Self, ScimError> {
        if text.len() > rules.max_length {
            return Err(refused(format!("the filter is longer than {} octets", rules.max_length)));
        }
        Ok(Self { text, at: 0, depth: 0, n_terms: 0, rules: *rules })
    }

    /// `a or b or …`
    fn any(&mut self, place: Place) -> Result<Filter, ScimError> {
        let first = self.all(place)?;
        let mut filters = vec![first];
        while self.keyword("or") {
            filters.push(self.all(place)?);
        }
        Ok(one_or(filters, Filter::Or))
    }

    /// `a and b and …`, which binds closer than `or`.
    fn all(&mut self, place: Place) -> Result<Filter, ScimError> {
        let first = self.one(place)?;
        let mut filters = vec![first];
        while self.keyword("and") {
            filters.push(self.one(place)?);
        }
        Ok(one_or(filters, Filter::And))
    }

    fn one(&mut self, place: Place) -> Result<Filter, ScimError> {
        self.count()?;
        self.skip_spaces();
        if self.rest().starts_with('(') {
            return self.group(place);
        }
        let word = self.word();
        if word.eq_ignore_ascii_case("not") {
            self.skip_spaces();
            if !self.rest().starts_with('(') {
                return Err(self.unexpected("`(`, because `not` takes parentheses"));
            }
            return Ok(Filter::Not(Box::new(self.group(place)?)));
        }
        let path = AttrPath::parse(word)
            .ok_or_else(|| refused(format!("{} at {} is no attribute", shown(word), self.column())))?;
        if !self.rest().starts_with('[') {
            return self.expression(path);
        }
        if place == Place::Element || path.sub.is_some() {
            return Err(self.unexpected("an operator: brackets have no brackets within"));
        }
        self.element(path)
    }

    fn group(&mut self, place: Place) -> Result<Filter, ScimError> {
        self.enter('(')?;
        let filter = self.any(place)?;
        self.leave(')')?;
        Ok(filter)
    }

    fn brackets(&mut self) -> Result<Filter, ScimError> {
        self.enter('[')?;
        let filter = self.any(Place::Element)?;
        self.leave(']')?;
        Ok(filter)
    }

    /// `[filter]` after a path, and what Entra adds to it: `.sub op value`.
    fn element(&mut self, path: AttrPath) -> Result<Filter, ScimError> {
        let mut inner = self.brackets()?;
        if let Some(rest) = self.rest().strip_prefix('.') {
            self.at = self.text.len() - rest.len();
            let sub = self.word();
            if !is_name(sub) {
                return Err(refused(format!("{} at {} is no attribute", shown(sub), self.column())));
            }
            self.count()?;
            let test = self.expression(AttrPath::of(sub))?;
            inner = match inner {
                Filter::And(mut all) => {
                    all.push(test);
                    Filter::And(all)
                }
                other => Filter::And(vec![other, test]),
            };
        }
        Ok(Filter::Element(path, Box::new(inner)))
    }

    /// `pr`, or an operator and a value.
    fn expression(&mut self, path: AttrPath) -> Result<Filter, ScimError> {
        self.skip_spaces();
        let word = self.word();
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let Some(operator) = Operator::parse(word) else {
            let detail = format!("{} before {} is no operator", shown(word), self.column());
            return Err(refused(detail));
        };
        let literal = self.literal()?;
        Ok(Filter::Compare(path, operator, literal))
    }

    fn literal(&mut self) -> Result<Literal, ScimError> {
        self.skip_spaces();
        if self.rest().starts_with('"') {
            return self.text_literal();
        }
        let word = self.word();
        Literal::word(word, self.rules.bare_words).ok_or_else(|| {
            let detail = "a value in double quotes, a number, `true`, `false` or `null` is missing before";
            refused(format!("{detail} {}", self.column()))
        })
    }

    fn text_literal(&mut self) -> Result<Literal, ScimError> {
        let rest = self.rest();
        let mut bytes = rest.bytes().enumerate().skip(1);
        let mut is_escaped = false;
        while let Some((n, byte)) = bytes.next() {
            match byte {
                b'"' => {
                    let quoted = rest.get(..=n).unwrap_or_default();
                    self.at += n + 1;
                    return self.unquoted(quoted, is_escaped);
                }
                b'\\' => {
                    is_escaped = true;
                    bytes.next();
                }
                _ => {}
            }
        }
        Err(refused(format!("the text that begins at {} has no end", self.column())))
    }

    fn unquoted(&self, quoted: &str, is_escaped: bool) -> Result<Literal, ScimError> {
        let inner = quoted.get(1..quoted.len() - 1).unwrap_or_default();
        if !is_escaped && !inner.bytes().any(|byte| byte < 0x20) {
            return Ok(Literal::Text(inner.to_owned()));
        }
        serde_json::from_str(quoted)
            .map(Literal::Text)
            .map_err(|error| refused(format!("the text before {} is no JSON string: {error}", self.column())))
    }

    /// `and` or `or`, if it is next.
    fn keyword(&mut self, keyword: &str) -> bool {
        let before = self.at;
        self.skip_spaces();
        if self.word().eq_ignore_ascii_case(keyword) {
            return true;
        }
        self.at = before;
        false
    }

    /// Everything up to what cannot be in a name or a bare value.
    fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let end = rest.find([' ', '\t', '\r', '\n', '(', ')', '[', ']', '"']).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn enter(&mut self, open: char) -> Result<(), ScimError> {
        if !self.rest().starts_with(open) {
            return Err(self.unexpected(&format!("`{open}`")));
        }
        self.at += open.len_utf8();
        self.depth += 1;
        if self.depth > self.rules.max_depth {
            let most = self.rules.max_depth;
            return Err(refused(format!("the filter has brackets more than {most} deep")));
        }
        Ok(())
    }

    fn leave(&mut self, close: char) -> Result<(), ScimError> {
        self.skip_spaces();
        if !self.rest().starts_with(close) {
            return Err(self.unexpected(&format!("`{close}`")));
        }
        self.at += close.len_utf8();
        self.depth -= 1;
        Ok(())
    }

    fn count(&mut self) -> Result<(), ScimError> {
        self.n_terms += 1;
        if self.n_terms > self.rules.max_terms {
            return Err(refused(format!("the filter has more than {} terms", self.rules.max_terms)));
        }
        Ok(())
    }

    fn column(&self) -> String {
        let before = self.text.get(..self.at).unwrap_or_default();
        format!("column {}", before.chars().count() + 1)
    }

    fn unexpected(&self, wanted: &str) -> ScimError {
        refused(format!("at {} there should be {wanted}", self.column()))
    }
}

fn one_or(mut filters: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Filter {
    match filters.pop() {
        Some(only) if filters.is_empty() => only,
        Some(last) => {
            filters.push(last);
            many(filters)
        }
        None => many(filters),
    }
}

fn refused(detail: impl Into<String>) -> ScimError {
    Reason::InvalidFilter.because(detail)
}
