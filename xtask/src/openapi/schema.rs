//! The rule "served is a superset of documented", field by field. It has a direction: what a client sends may
//! be asked for less strictly, what it receives must be promised at least as strictly.
//!
//! Both documents are in the form of [`super::normal`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::Difference;

const REFERENCE: &str = "#/components/schemas/";

/// What must be the same whichever way the data goes.
const SAME: [&str; 9] = [
    "type",
    "format",
    "pattern",
    "default",
    "readOnly",
    "writeOnly",
    "uniqueItems",
    "multipleOf",
    "discriminator",
];

const LOWER_BOUNDS: [&str; 5] = ["minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties"];
const UPPER_BOUNDS: [&str; 5] = ["maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties"];

/// Schemas made of schemas. The documented ones are not, but for an `allOf` of one.
const MADE_OF: [&str; 3] = ["allOf", "oneOf", "anyOf"];

/// Components that newer versions call by another name, by their documented name.
pub(crate) type Renamed = BTreeMap<String, String>;

/// Which way the data goes, as the client sees it from outside the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    /// A parameter or a request body.
    Input,
    /// An answer.
    Output,
}

/// The components of both documents, and those that a comparison has reached.
#[derive(Debug)]
pub(crate) struct Components<'d> {
    documented: &'d Value,
    served: &'d Value,
    renamed: &'d Renamed,
    reached: BTreeSet<Pair<'d>>,
    waiting: VecDeque<Pair<'d>>,
}

/// A direction, a documented component, and the served one that stands for it.
type Pair<'d> = (Direction, &'d str, &'d str);

impl<'d> Components<'d> {
    pub(crate) fn new(documented: &'d Value, served: &'d Value, renamed: &'d Renamed) -> Self {
        Self { documented, served, renamed, reached: BTreeSet::new(), waiting: VecDeque::new() }
    }

    /// Compares two schemas; the components that they refer to are kept for [`Self::compare_reached`].
    pub(crate) fn compare(
        &mut self,
        at: &str,
        documented: &'d Value,
        served: &'d Value,
        direction: Direction,
    ) -> Vec<Difference> {
        let mut comparison = Comparison { components: self, direction, differences: Vec::new() };
        comparison.schema(at, documented, served);
        comparison.differences
    }

    /// Compares all components that were reached, and those that they reach.
    pub(crate) fn compare_reached(mut self) -> Vec<Difference> {
        let mut differences = Vec::new();
        while let Some((direction, name, served)) = self.waiting.pop_front() {
            let pointer = |name: &str| format!("/components/schemas/{name}");
            match (self.documented.pointer(&pointer(name)), self.served.pointer(&pointer(served))) {
                (Some(documented), Some(served)) => {
                    differences.extend(self.compare(name, documented, served, direction));
                }
                (_, None) => differences.push(Difference { at: name.to_owned(), what: "is gone".to_owned() }),
                (None, Some(_)) => {}
            }
        }
        differences
    }

    fn reach(&mut self, pair: Pair<'d>) {
        if self.reached.insert(pair) {
            self.waiting.push_back(pair);
        }
    }

    /// Clients name their types after components, so a component keeps its name or has its newer one.
    fn is_name_of(&self, documented: &str, served: &str) -> bool {
        documented == served || self.renamed.get(documented).is_some_and(|newer| newer == served)
    }
}

/// One pair of schemas and everything inside them, without the components behind references.
struct Comparison<'c, 'd> {
    components: &'c mut Components<'d>,
    direction: Direction,
    differences: Vec<Difference>,
}

impl<'d> Comparison<'_, 'd> {
    fn schema(&mut self, at: &str, documented: &'d Value, served: &'d Value) {
        match (reference(documented), reference(served)) {
            (Some(wanted), Some(there)) if self.components.is_name_of(wanted, there) => {
                self.components.reach((self.direction, wanted, there));
            }
            (Some(wanted), _) => self.differ(at, format!("does not refer to `{wanted}`")),
            (None, Some(there)) => self.differ(at, format!("refers to `{there}`, and should not")),
            (None, None) => {}
        }
        for keyword in SAME {
            self.same(at, keyword, documented, served);
        }
        self.nullable(at, documented, served);
        self.choices(at, documented, served);
        for keyword in LOWER_BOUNDS {
            self.bound(at, keyword, documented, served, |documented, served| served > documented);
        }
        for keyword in UPPER_BOUNDS {
            self.bound(at, keyword, documented, served, |documented, served| served < documented);
        }
        self.required(at, documented, served);
        self.inside(at, documented, served);
        self.made_of(at, documented, served);
    }

    fn same(&mut self, at: &str, keyword: &str, documented: &Value, served: &Value) {
        let (documented, served) = (documented.get(keyword), served.get(keyword));
        if documented != served {
            self.differ(at, format!("{keyword}: {} instead of {}", spoken(served), spoken(documented)));
        }
    }

    fn nullable(&mut self, at: &str, documented: &Value, served: &Value) {
        match (self.direction, takes_null(documented), takes_null(served)) {
            (Direction::Input, true, false) => self.differ(at, "null is not accepted any more"),
            (Direction::Output, false, true) => self.differ(at, "became nullable"),
            (Direction::Input | Direction::Output, _, _) => {}
        }
    }

    /// Choices may be added; a free text may not become a choice when the client writes it.
    fn choices(&mut self, at: &str, documented: &Value, served: &Value) {
        let list = |schema: &'_ Value| schema.get("enum").and_then(Value::as_array).cloned();
        match (list(documented), list(served)) {
            (Some(documented), Some(served)) => {
                for gone in documented.iter().filter(|choice| !served.contains(choice)) {
                    self.differ(at, format!("enum: {gone} is gone"));
                }
            }
            (Some(_), None) => self.differ(at, "enum is gone"),
            (None, Some(_)) if self.direction == Direction::Input => self.differ(at, "enum is new"),
            (None, _) => {}
        }
    }

    /// A bound may be looser for what the client sends, and tighter for what it receives.
    fn bound(
        &mut self,
        at: &str,
        keyword: &str,
        documented: &Value,
        served: &Value,
        is_tighter: fn(f64, f64) -> bool,
    ) {
        let number = |schema: &Value| schema.get(keyword).and_then(Value::as_f64);
        let (wanted, there) = (number(documented), number(served));
        let broken = match (self.direction, wanted, there) {
            (Direction::Input, Some(wanted), Some(there)) => is_tighter(wanted, there),
            (Direction::Output, Some(wanted), Some(there)) => is_tighter(there, wanted),
            (Direction::Input, None, Some(_)) | (Direction::Output, Some(_), None) => true,
            (Direction::Input, _, None) | (Direction::Output, None, _) => false,
        };
        if broken {
            let (documented, served) = (documented.get(keyword), served.get(keyword));
            self.differ(at, format!("{keyword}: {} instead of {}", spoken(served), spoken(documented)));
        }
    }

    fn required(&mut self, at: &str, documented: &Value, served: &Value) {
        let (wanted, there) = (required(documented), required(served));
        match self.direction {
            Direction::Input => {
                for field in there.difference(&wanted) {
                    self.differ(&format!("{at}.{field}"), "became required");
                }
            }
            Direction::Output => {
                for field in wanted.difference(&there) {
                    self.differ(&format!("{at}.{field}"), "is not required any more");
                }
            }
        }
    }

    fn inside(&mut self, at: &str, documented: &'d Value, served: &'d Value) {
        let there = properties(served);
        for (name, documented) in properties(documented).into_iter().flatten() {
            let at = format!("{at}.{name}");
            match there.and_then(|there| there.get(name)) {
                Some(served) => self.schema(&at, documented, served),
                // What only the server writes need not be accepted from a client.
                None if self.direction == Direction::Input && is_true(documented, "readOnly") => {}
                None => self.differ(&at, "is gone"),
            }
        }
        match (documented.get("items"), served.get("items")) {
            (Some(documented), Some(served)) => self.schema(&format!("{at}[]"), documented, served),
            (Some(_), None) => self.differ(at, "items are gone"),
            (None, _) => {}
        }
        self.other_fields(at, documented, served);
    }

    /// Parts are compared in their order. For what a client sends, any new part may refuse something.
    fn made_of(&mut self, at: &str, documented: &'d Value, served: &'d Value) {
        for keyword in MADE_OF {
            let list = |schema: &'d Value| schema.get(keyword).and_then(Value::as_array);
            match (list(documented), list(served)) {
                (Some(documented), Some(served)) if documented.len() == served.len() => {
                    for (part, (documented, served)) in documented.iter().zip(served).enumerate() {
                        self.schema(&format!("{at}.{keyword}[{part}]"), documented, served);
                    }
                }
                (Some(_), _) => self.differ(at, format!("{keyword} differs")),
                (None, Some(_)) if self.direction == Direction::Input => {
                    self.differ(at, format!("{keyword} is new"));
                }
                (None, _) => {}
            }
        }
        match (documented.get("not"), served.get("not")) {
            (None, Some(_)) if self.direction == Direction::Input => self.differ(at, "not is new"),
            (Some(documented), served) if served != Some(documented) => self.differ(at, "not differs"),
            (_, _) => {}
        }
    }

    fn other_fields(&mut self, at: &str, documented: &'d Value, served: &'d Value) {
        let (wanted, there) = (other_fields(documented), other_fields(served));
        match (wanted, there) {
            (Others::Like(documented), Others::Like(served)) => {
                self.schema(&format!("{at}{{}}"), documented, served);
            }
            (Others::Unsaid, Others::Refused) if self.direction == Direction::Input => {
                self.differ(at, "additionalProperties are refused");
            }
            (Others::Unsaid, _) => {}
            (wanted, there) if wanted != there => self.differ(at, "additionalProperties differ"),
            (_, _) => {}
        }
    }

    fn differ(&mut self, at: &str, what: impl Into<String>) {
        self.differences.push(Difference { at: at.to_owned(), what: what.into() });
    }
}

/// What a schema says about fields that it does not name.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Others<'d> {
    Unsaid,
    Refused,
    Anything,
    Like(&'d Value),
}

fn other_fields(schema: &Value) -> Others<'_> {
    match schema.get("additionalProperties") {
        None => Others::Unsaid,
        Some(Value::Bool(false)) => Others::Refused,
        Some(Value::Bool(true)) => Others::Anything,
        Some(Value::Object(empty)) if empty.is_empty() => Others::Anything,
        Some(schema) => Others::Like(schema),
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(REFERENCE)
}

/// A schema that says nothing of types takes everything. What a reference takes is seen where it leads.
fn takes_null(schema: &Value) -> bool {
    let says_what = ["type", "$ref", "enum", "allOf", "oneOf", "anyOf", "not"];
    is_true(schema, "nullable") || !says_what.iter().any(|keyword| schema.get(keyword).is_some())
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

fn required(schema: &Value) -> BTreeSet<&str> {
    let listed = schema.get("required").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn is_true(schema: &Value, keyword: &str) -> bool {
    schema.get(keyword).and_then(Value::as_bool).unwrap_or_default()
}

fn spoken(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}
