//! The rule "served is a superset of documented", operation by operation.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Difference;
use super::normal;
use super::schema::{Components, Direction, Renamed};

pub(crate) const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// What a comparison finds.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Documented operations that are not served, by id.
    pub(crate) missing: BTreeSet<String>,
    /// Documented operations that are served, by id.
    pub(crate) present: BTreeSet<String>,
    pub(crate) differences: BTreeSet<Difference>,
}

/// Compares every documented operation with the served one of the same method and path, and the components
/// that they reach. Either document may be of version 3.0 or 3.1.
pub(crate) fn compare(documented: &Value, served: &Value, renamed: &Renamed) -> Found {
    compare_normal(&normal::normal(documented), &normal::normal(served), renamed)
}

/// The same for documents that are in the common form.
pub(crate) fn compare_normal(documented: &Value, served: &Value, renamed: &Renamed) -> Found {
    let mut found = Found::default();
    let mut components = Components::new(documented, served, renamed);
    found.differences.extend(whole(documented, served));
    let served_operations = operations(served);
    for (route, documented) in operations(documented) {
        let id = id_of(documented);
        let Some(served) = served_operations.get(&route) else {
            found.missing.insert(id.to_owned());
            continue;
        };
        found.present.insert(id.to_owned());
        let mut operation = Operation { id, components: &mut components, differences: Vec::new() };
        operation.compare(documented, served);
        found.differences.extend(operation.differences);
    }
    found.differences.extend(components.compare_reached());
    found
}

/// What holds for all operations: where they are, and what the names of the locks mean.
fn whole(documented: &Value, served: &Value) -> Vec<Difference> {
    let mut differences = Vec::new();
    let urls = |document: &'_ Value| -> BTreeSet<String> {
        let servers = document.get("servers").and_then(Value::as_array);
        servers.into_iter().flatten().filter_map(|it| Some(it.get("url")?.as_str()?.to_owned())).collect()
    };
    for url in urls(documented).difference(&urls(served)) {
        differences.push(Difference { at: "servers".to_owned(), what: format!("`{url}` is gone") });
    }
    let schemes = |document: &'_ Value| document.pointer("/components/securitySchemes").cloned();
    let (wanted, there) = (schemes(documented), schemes(served));
    for (name, scheme) in fields(wanted.as_ref()) {
        if fields(there.as_ref()).get(name) != Some(&scheme) {
            let what = "is not the documented way in".to_owned();
            differences.push(Difference { at: name.to_owned(), what });
        }
    }
    differences
}

pub(crate) fn operation_ids(document: &Value) -> Vec<&str> {
    operations(document).into_values().map(id_of).collect()
}

/// Operations by path and method.
fn operations(document: &Value) -> BTreeMap<(&str, &str), &Value> {
    let paths = document.get("paths").and_then(Value::as_object);
    paths
        .into_iter()
        .flatten()
        .flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| Some(((path.as_str(), *method), item.get(*method)?)))
        })
        .collect()
}

fn id_of(operation: &Value) -> &str {
    operation.get("operationId").and_then(Value::as_str).unwrap_or_default()
}

struct Operation<'o, 'd> {
    id: &'d str,
    components: &'o mut Components<'d>,
    differences: Vec<Difference>,
}

impl<'d> Operation<'_, 'd> {
    fn compare(&mut self, documented: &'d Value, served: &'d Value) {
        if id_of(served) != self.id {
            self.differ(format!("operationId: `{}` instead of `{}`", id_of(served), self.id));
        }
        for tag in strings(documented.get("tags")).difference(&strings(served.get("tags"))) {
            self.differ(format!("tag `{tag}` is gone"));
        }
        if alternatives(documented) != alternatives(served) {
            self.differ("security: not the documented alternatives");
        }
        self.parameters(documented, served);
        self.request(documented.get("requestBody"), served.get("requestBody"));
        self.answers(documented, served);
    }

    fn parameters(&mut self, documented: &'d Value, served: &'d Value) {
        let wanted = parameters(documented);
        let there = parameters(served);
        for (&(place, name), documented) in &wanted {
            let Some(served) = there.get(&(place, name)) else {
                self.differ(format!("{place} parameter `{name}` is gone"));
                continue;
            };
            if flag(Some(documented), "required") != flag(Some(served), "required") {
                self.differ(format!("{place} parameter `{name}` has another `required`"));
            }
            if written(place, documented) != written(place, served) {
                self.differ(format!("{place} parameter `{name}` is written in another way"));
            }
            self.schema(&format!("{}.{place}.{name}", self.id), documented, served, Direction::Input);
        }
        for (key @ (place, name), served) in &there {
            if flag(Some(served), "required") && !wanted.contains_key(key) {
                self.differ(format!("{place} parameter `{name}` is new and required"));
            }
        }
    }

    fn request(&mut self, documented: Option<&'d Value>, served: Option<&'d Value>) {
        if flag(served, "required") && !flag(documented, "required") {
            self.differ("the request body became required");
        }
        let there = fields(served.and_then(|body| body.get("content")));
        for (media, documented) in fields(documented.and_then(|body| body.get("content"))) {
            match there.get(media) {
                None => self.differ(format!("a request in `{media}` is not accepted")),
                Some(served) => {
                    self.schema(&format!("{}.request", self.id), documented, served, Direction::Input);
                }
            }
        }
    }

    fn answers(&mut self, documented: &'d Value, served: &'d Value) {
        let there = fields(served.get("responses"));
        for (status, documented) in fields(documented.get("responses")) {
            let Some(served) = there.get(status) else {
                self.differ(format!("answer {status} is gone"));
                continue;
            };
            let wanted = fields(documented.get("content"));
            let media = fields(served.get("content"));
            // A documented error without a body may get one; a client that expects no content may not.
            if wanted.is_empty() && !media.is_empty() && status.starts_with('2') {
                self.differ(format!("answer {status} has a body"));
            }
            for (name, documented) in wanted {
                match media.get(name) {
                    None => self.differ(format!("answer {status} in `{name}` is gone")),
                    Some(served) => {
                        self.schema(&format!("{}.{status}", self.id), documented, served, Direction::Output);
                    }
                }
            }
        }
    }

    /// The schemas that two parameters or media types have.
    fn schema(&mut self, at: &str, documented: &'d Value, served: &'d Value, direction: Direction) {
        if let Some(documented) = documented.get("schema") {
            let served = served.get("schema").unwrap_or(&Value::Null);
            self.differences.extend(self.components.compare(at, documented, served, direction));
        }
    }

    fn differ(&mut self, what: impl Into<String>) {
        self.differences.push(Difference { at: self.id.to_owned(), what: what.into() });
    }
}

/// Parameters by place and name.
fn parameters(operation: &Value) -> BTreeMap<(&str, &str), &Value> {
    let listed = operation.get("parameters").and_then(Value::as_array);
    listed
        .into_iter()
        .flatten()
        .filter_map(|parameter| {
            Some(((parameter.get("in")?.as_str()?, parameter.get("name")?.as_str()?), parameter))
        })
        .collect()
}

/// How a parameter of several values is written: its style, and whether each value stands by itself.
fn written<'p>(place: &str, parameter: &'p Value) -> (&'p str, bool) {
    let usual = if place == "query" || place == "cookie" { "form" } else { "simple" };
    let style = parameter.get("style").and_then(Value::as_str).unwrap_or(usual);
    (style, parameter.get("explode").and_then(Value::as_bool).unwrap_or(style == "form"))
}

/// The ways to be let in, in any order; no mention is no lock.
fn alternatives(operation: &Value) -> BTreeSet<String> {
    let listed = operation.get("security").and_then(Value::as_array);
    listed.into_iter().flatten().map(Value::to_string).collect()
}

fn strings(list: Option<&Value>) -> BTreeSet<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn flag(node: Option<&Value>, name: &str) -> bool {
    node.and_then(|node| node.get(name)).and_then(Value::as_bool).unwrap_or_default()
}

fn fields(node: Option<&Value>) -> BTreeMap<&str, &Value> {
    let object = node.and_then(Value::as_object);
    object.into_iter().flatten().map(|(name, value)| (name.as_str(), value)).collect()
}
