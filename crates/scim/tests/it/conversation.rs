//! The form of a conversation: what goes over the wire, and nothing of this crate, so that a served instance can be held
//! to it as well.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Conversation {
    /// What the client strays into, for a service that cannot know whom it speaks with.
    pub(crate) dialect: String,
    /// What the client says that it is.
    #[serde(default)]
    pub(crate) agent: String,
    pub(crate) step: Vec<Step>,
}

/// One request and what must come back. `${name}` stands for what an earlier step saved.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) name: String,
    method: String,
    path: String,
    /// Decoded.
    #[serde(default)]
    query: BTreeMap<String, String>,
    if_match: Option<String>,
    body: Option<String>,
    status: u16,
    /// What the answer must hold: each member of an object, each element of an array.
    expect: Option<String>,
    /// JSON pointers to what the answer must not hold.
    #[serde(default)]
    absent: Vec<String>,
    /// JSON pointers to what later steps need, by name.
    #[serde(default)]
    save: BTreeMap<String, String>,
    /// What the step changes in the directory behind the service: `{"users": {…}, "groups": {…}}`, in which `null` is
    /// whoever is gone (RFC 7396). A step without it changes nothing.
    directory: Option<String>,
}

/// A request with everything filled in.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Decoded.
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) if_match: Option<String>,
    /// `null` for none.
    pub(crate) body: Value,
}

/// How far a conversation has come.
#[derive(Debug, Default)]
pub(crate) struct Story {
    saved: BTreeMap<String, String>,
}

impl Conversation {
    pub(crate) fn read(text: &str) -> Self {
        let conversation: Self = toml::from_str(text).unwrap_or_else(|error| panic!("{error}"));
        assert!(conversation.step.len() >= 8, "a whole conversation");
        assert!(!conversation.dialect.is_empty() && conversation.agent.is_ascii(), "{conversation:?}");
        conversation
    }
}

impl Step {
    /// What it changes in the directory.
    pub(crate) fn change(&self) -> Option<Value> {
        self.directory.as_ref().map(|text| parsed(&self.name, text))
    }
}

impl Story {
    pub(crate) fn request(&self, step: &Step) -> Request {
        let plain = |text: &String| self.fill(text, Clone::clone);
        Request {
            method: step.method.clone(),
            path: plain(&step.path),
            query: step.query.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
            if_match: step.if_match.as_ref().map(plain),
            body: step.body.as_ref().map_or(Value::Null, |text| self.json(&step.name, text)),
        }
    }

    /// Hold an answer to what the step says, and save what later steps need.
    pub(crate) fn judge(&mut self, step: &Step, status: u16, answer: &Value) {
        let name = &step.name;
        assert_eq!(status, step.status, "{name}: {answer}");
        assert!(step.change().is_none() || status < 300, "{name}: what is refused changes nothing");
        if let Some(expected) = &step.expect {
            let expected = self.json(name, expected);
            assert!(holds(answer, &expected), "{name}\n expected {expected}\n      got {answer}");
        }
        for pointer in &step.absent {
            assert_eq!(answer.pointer(pointer), None, "{name}: {pointer}");
        }
        for (name, pointer) in &step.save {
            let value =
                answer.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}"));
            self.saved.insert(name.clone(), value.to_owned());
        }
    }

    fn json(&self, name: &str, text: &str) -> Value {
        // What stands between quotes there needs its own escaped: a version has some.
        let escaped = |value: &String| value.replace('\\', "\\\\").replace('"', "\\\"");
        parsed(name, &self.fill(text, escaped))
    }

    fn fill(&self, text: &str, shape: impl Fn(&String) -> String) -> String {
        let put = |text: String, (name, value): (&String, &String)| {
            text.replace(&format!("${{{name}}}"), &shape(value))
        };
        self.saved.iter().fold(text.to_owned(), put)
    }
}

fn parsed(name: &str, text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}: {text}"))
}

fn holds(answer: &Value, expected: &Value) -> bool {
    match (answer, expected) {
        (Value::Object(answer), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| answer.get(name).is_some_and(|answer| holds(answer, value)))
        }
        (Value::Array(answer), Value::Array(expected)) => {
            answer.len() == expected.len() && answer.iter().zip(expected).all(|(a, b)| holds(a, b))
        }
        (answer, expected) => answer == expected,
    }
}
