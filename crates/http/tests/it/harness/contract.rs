//! Every answer that a test receives is held against two documents: the documented API, and our own.
//!
//! Ours is the stricter one: a field that it does not know is a fault. Where the documented API is known not to
//! keep what it documents, this is said here and nowhere else.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex};

use reqwest::Method;
use scimitar_http::openapi::{Version, told_in};
use serde_json::Value;

use super::client::Answer;
use super::schema::Judge;

/// What was seen: the id of an operation, and a status that it answered with.
pub(crate) type Seen = Arc<Mutex<BTreeSet<(String, u16)>>>;

/// Statuses that any operation may answer with, always with a `GenericError`: nothing of that kind, a wrong
/// method, no type that the caller takes, a body that is too large or of another type, and not now.
const OF_ALL: [u16; 6] = [404, 405, 406, 413, 415, 503];

static DOCUMENTED: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../../../../openapi/contract/documented.json");
    serde_json::from_str(text).expect("the contract is JSON")
});
static SERVED: LazyLock<Value> = LazyLock::new(|| told_in(Version::V3_0));

/// An operation of one of the documents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    /// With its keys in braces.
    pub(crate) path: &'static str,
    pub(crate) node: &'static Value,
}

impl Operation {
    pub(crate) fn id(&self) -> &'static str {
        self.node["operationId"].as_str().expect("an operation has an id")
    }

    /// The statuses that the document tells of.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = u16> {
        let answers = self.node["responses"].as_object().expect("an operation has answers");
        answers.keys().map(|status| status.parse().expect("a status is a number"))
    }

    /// The name of the component that a request is made of.
    pub(crate) fn request(&self) -> Option<&'static str> {
        let schema = &self.node["requestBody"]["content"]["application/json"]["schema"];
        schema["$ref"].as_str().map(|reference| reference.rsplit('/').next().unwrap_or_default())
    }

    pub(crate) fn has_key(&self) -> bool {
        self.path.contains('{')
    }

    pub(crate) fn takes(&self, parameter: &str) -> bool {
        let parameters = self.node["parameters"].as_array();
        parameters.is_some_and(|parameters| parameters.iter().any(|it| it["name"] == parameter))
    }

    fn is_at(&self, method: &Method, path: &str) -> bool {
        let segments = |path: &'_ str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
        let (ours, theirs) = (segments(self.path), segments(path));
        self.method.eq_ignore_ascii_case(method.as_str())
            && ours.len() == theirs.len()
            && ours
                .iter()
                .zip(&theirs)
                .all(|(ours, theirs)| ours == theirs || (ours.starts_with('{') && !theirs.is_empty()))
    }
}

/// Every operation that is served.
pub(crate) fn served() -> Vec<Operation> {
    operations(&SERVED)
}

/// Holds an answer against the documents, and notes that it was seen.
pub(super) fn check(seen: &Seen, method: &Method, target: &str, answer: &Answer) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path.replacen("//", "/", 1);
    let asked = if *method == Method::HEAD { &Method::GET } else { method };
    let Some(operation) = find(&SERVED, asked, &path) else {
        // Beside operations there is a page for people, and the answer to a question for methods.
        if answer.status >= 400 {
            assert!([403, 404, 405].contains(&answer.status), "{method} {path}: {}", answer.line());
            judge_error(&format!("{method} {path}"), answer);
        }
        return;
    };
    let at = format!("{} answers {}", operation.id(), answer.status);
    seen.lock().expect("no test panics in here").insert((operation.id().to_owned(), answer.status));
    if *method == Method::HEAD {
        assert_eq!(answer.text, "", "{at}");
        return;
    }
    // A filter by attributes that cannot be read is refused with a bare list, as the documented API does.
    if answer.status == 400 && query.contains("attributes=") && answer.text.starts_with("[\"filter: ") {
        return;
    }
    judge(&at, &SERVED, operation, answer, false);
    if let Some(documented) = find(&DOCUMENTED, asked, &path) {
        assert_eq!(documented.id(), operation.id(), "both documents mean the same operation");
        judge(&at, &DOCUMENTED, documented, answer, true);
    }
}

fn judge(at: &str, document: &'static Value, operation: Operation, answer: &Answer, is_law: bool) {
    let told = &operation.node["responses"][answer.status.to_string()];
    if told.is_null() {
        assert!(
            OF_ALL.contains(&answer.status),
            "{at}, of which the document does not tell: {}",
            answer.text
        );
        return judge_error(at, answer);
    }
    let Some(content) = told["content"].as_object() else {
        // The documented API tells of errors without saying what they say.
        if answer.status < 400 {
            assert_eq!((answer.text.as_str(), answer.header("content-type")), ("", None), "{at}");
        }
        return;
    };
    let media = essence(answer);
    let schema = content.get(media).map(|media| &media["schema"]);
    let schema = schema.unwrap_or_else(|| panic!("{at} in `{media}`, of which the document does not tell"));
    if media.ends_with("json") {
        let judge = Judge { document, is_law };
        let faults = judge.faults(schema, &answer.json());
        assert!(faults.is_empty(), "{at}, but {}\n{}", faults.join("; "), answer.text);
    }
}

/// What is not told of one operation is told of all: an error with its detail.
fn judge_error(at: &str, answer: &Answer) {
    assert_eq!(essence(answer), "application/json", "{at}");
    let schema = &SERVED["components"]["schemas"]["GenericError"];
    let faults = Judge { document: &SERVED, is_law: false }.faults(schema, &answer.json());
    assert!(faults.is_empty(), "{at}, but {}", faults.join("; "));
}

fn essence(answer: &Answer) -> &str {
    answer.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim()
}

/// The operation of a path. A fixed path such as `users/me/` goes before one that would take `me` for a key.
fn find(document: &'static Value, method: &Method, path: &str) -> Option<Operation> {
    let fitting = operations(document).into_iter().filter(|operation| operation.is_at(method, path));
    fitting.min_by_key(|operation| operation.path.matches('{').count())
}

fn operations(document: &'static Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("a document has paths");
    let methods = ["get", "post", "put", "patch", "delete"];
    paths
        .iter()
        .flat_map(|(path, item)| {
            methods.iter().filter_map(move |method| {
                Some(Operation { method, path: path.as_str(), node: item.get(*method)? })
            })
        })
        .collect()
}
