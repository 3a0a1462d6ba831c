//! Reading an object's fields into a domain struct, with the documented coercions and messages.
//!
//! A [`Reader`] goes over a request field by field and writes what it finds into a struct that already holds the
//! stored values or the defaults; what is left out keeps them. Faults are collected, so that all of them are
//! reported together.

mod coerce;

use std::str::FromStr;

use serde_json::Value;
use uuid::Uuid;
use validator::Validate;

use scimitar_domain::{JsonObject, Secret, Timestamp, rules};

use crate::error::ApiError;
use crate::field_errors::FieldErrors;
use crate::validation;

pub use coerce::{NUL_REFUSED, has_nul, not_a_uuid, read_moment};

/// What a request wants to do with the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Create,
    /// `PUT`: needs every required field.
    Replace,
    /// `PATCH`: needs nothing.
    Patch,
}

/// Goes over the fields of one request.
#[derive(Debug)]
pub struct Reader<'a> {
    given: &'a JsonObject,
    mode: Mode,
    errors: FieldErrors,
}

impl<'a> Reader<'a> {
    pub fn new(given: &'a JsonObject, mode: Mode) -> Self {
        Self { given, mode, errors: FieldErrors::default() }
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    pub fn has(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// These must be there, but for `PATCH`.
    pub fn require(&mut self, names: &[&str]) {
        if self.mode == Mode::Patch {
            return;
        }
        for name in names {
            if !self.has(name) {
                self.errors.add(*name, "This field is required.");
            }
        }
    }

    pub fn text(&mut self, name: &str, target: &mut String) {
        self.put(name, target, coerce::text);
    }

    /// Text for which null is nothing.
    pub fn text_or_null(&mut self, name: &str, target: &mut Option<String>) {
        self.put_or_null(name, target, coerce::text);
    }

    /// A key of a foreign kind: text that must say something. No rule of a struct judges it.
    pub fn filled_text(&mut self, name: &str, target: &mut String) {
        self.put(name, target, |value| coerce::filled_text(value, rules::LONGEST_KEY));
    }

    /// A credential; it may not be blank.
    pub fn secret(&mut self, name: &str, target: &mut Secret<String>) {
        self.put(name, target, |value| coerce::filled_text(value, rules::LONGEST_SECRET).map(Secret::new));
    }

    /// A credential for which null is nothing.
    pub fn secret_or_null(&mut self, name: &str, target: &mut Option<Secret<String>>) {
        self.put_or_null(name, target, |value| {
            coerce::filled_text(value, rules::LONGEST_SECRET).map(Secret::new)
        });
    }

    /// Text, perhaps empty, of at most the length of a key.
    pub fn short_text(&mut self, name: &str, target: &mut String) {
        self.put(name, target, |value| match coerce::text(value)?.as_str() {
            "" => Ok(String::new()),
            _filled => coerce::filled_text(value, rules::LONGEST_KEY),
        });
    }

    pub fn boolean(&mut self, name: &str, target: &mut bool) {
        self.put(name, target, coerce::boolean);
    }

    pub fn integer(&mut self, name: &str, target: &mut i32) {
        self.put(name, target, coerce::integer);
    }

    pub fn choice<T: FromStr>(&mut self, name: &str, target: &mut T) {
        self.put(name, target, coerce::choice);
    }

    /// Text of a form of its own, with the sentence for when it has another.
    pub fn parsed<T: FromStr>(&mut self, name: &str, target: &mut T, otherwise: &str) {
        self.put(name, target, |value| {
            let text = coerce::filled_text(value, rules::LONGEST_KEY)?;
            text.parse().map_err(|_unfit| otherwise.to_owned())
        });
    }

    pub fn moment(&mut self, name: &str, target: &mut Option<Timestamp>) {
        self.put(name, target, |value| coerce::moment(value).map(Some));
    }

    pub fn moment_or_null(&mut self, name: &str, target: &mut Option<Timestamp>) {
        self.put_or_null(name, target, coerce::moment);
    }

    /// A JSON object of any content.
    pub fn object(&mut self, name: &str, target: &mut JsonObject) {
        self.put(name, target, coerce::object);
    }

    /// Any JSON but null.
    pub fn json(&mut self, name: &str, target: &mut Value) {
        self.put(name, target, coerce::json);
    }

    /// A reference to an integer key.
    pub fn key(&mut self, name: &str, target: &mut i32) {
        self.reference(name, target, coerce::key);
    }

    /// A reference to an integer key for which null and "" are nothing.
    pub fn key_or_null(&mut self, name: &str, target: &mut Option<i32>) {
        self.reference_or_null(name, target, coerce::key);
    }

    /// References to integer keys.
    pub fn keys(&mut self, name: &str, target: &mut Vec<i32>) {
        self.put(name, target, |value| coerce::list(value, coerce::key));
    }

    /// A reference to a UUID.
    pub fn uuid(&mut self, name: &str, target: &mut Uuid) {
        self.reference(name, target, coerce::uuid);
    }

    /// A reference to a UUID for which null and "" are nothing.
    pub fn uuid_or_null(&mut self, name: &str, target: &mut Option<Uuid>) {
        self.reference_or_null(name, target, coerce::uuid);
    }

    /// References to UUIDs, each made an id of its kind.
    pub fn uuids<T>(&mut self, name: &str, target: &mut Vec<T>, id: fn(Uuid) -> T) {
        self.put(name, target, |value| Ok(coerce::list(value, coerce::uuid)?.into_iter().map(id).collect()));
    }

    /// A fault found by a rule of the caller's own.
    pub fn fault(&mut self, name: &str, sentence: impl Into<String>) {
        self.errors.add(name, sentence);
    }

    /// The same, where nothing speaks against the field yet.
    pub fn fault_unless_told(&mut self, name: &str, sentence: impl Into<String>) {
        if !self.errors.has(name) {
            self.errors.add(name, sentence);
        }
    }

    /// Judge the fields that were given by the struct's own rules. `names` pairs the struct's field names with
    /// those of the API where they differ.
    pub fn judge(&mut self, fields: &impl Validate, names: &[(&'static str, &'static str)]) {
        let Err(faults) = fields.validate() else { return };
        for (name, sentence) in validation::sentences(&faults) {
            let name = names.iter().find(|(ours, _)| *ours == name).map_or(name, |(_, theirs)| theirs);
            if self.has(name) && !self.errors.has(name) {
                self.errors.add(name, sentence);
            }
        }
    }

    pub fn into_errors(self) -> FieldErrors {
        self.errors
    }

    /// All faults, or none.
    pub fn finish(self) -> Result<(), ApiError> {
        self.errors.accept(())
    }

    fn put<T>(&mut self, name: &str, target: &mut T, read: impl Fn(&Value) -> Result<T, String>) {
        let outcome = match self.given.get(name) {
            None => return,
            Some(Value::Null) => Err("This field may not be null.".to_owned()),
            Some(value) => read(value),
        };
        match outcome {
            Ok(value) => *target = value,
            Err(sentence) => self.errors.add(name, sentence),
        }
    }

    fn put_or_null<T>(
        &mut self,
        name: &str,
        target: &mut Option<T>,
        read: impl Fn(&Value) -> Result<T, String>,
    ) {
        if self.given.get(name).is_some_and(Value::is_null) {
            *target = None;
        } else {
            self.put(name, target, |value| read(value).map(Some));
        }
    }

    /// "" in the place of a reference means null.
    fn reference<T>(&mut self, name: &str, target: &mut T, read: impl Fn(&Value) -> Result<T, String>) {
        self.put(name, target, |value| match value.as_str() {
            Some(text) if text.trim().is_empty() => Err("This field may not be null.".to_owned()),
            Some(_) | None => read(value),
        });
    }

    fn reference_or_null<T>(
        &mut self,
        name: &str,
        target: &mut Option<T>,
        read: impl Fn(&Value) -> Result<T, String>,
    ) {
        if self.given.get(name).and_then(Value::as_str).is_some_and(|text| text.trim().is_empty()) {
            *target = None;
        } else {
            self.put_or_null(name, target, read);
        }
    }
}

#[cfg(test)]
mod tests {
    use scimitar_domain::UserFields;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(mode: Mode, given: &Value, expected: &Value) {
        let given = given.as_object().unwrap().clone();
        let mut fields = UserFields { username: "stored".into(), ..UserFields::default() };
        let mut reader = Reader::new(&given, mode);
        reader.require(&["username", "name"]);
        reader.text("username", &mut fields.username);
        reader.text("name", &mut fields.name);
        reader.text("email", &mut fields.email);
        reader.choice("type", &mut fields.kind);
        reader.moment_or_null("last_login", &mut fields.last_login);
        reader.judge(&fields, &[("kind", "type")]);
        let got = match reader.finish() {
            Ok(()) => json!(fields.username),
            Err(ApiError::Fields(errors)) => serde_json::to_value(errors).unwrap(),
            Err(error) => panic!("{error:?}"),
        };
        assert_eq!(got, *expected, "{given:?}");
    }

    #[test]
    fn only_patch_needs_nothing() {
        let missing = json!({"username": ["This field is required."], "name": ["This field is required."]});
        check(Mode::Create, &json!({}), &missing);
        check(Mode::Replace, &json!({}), &missing);
        check(Mode::Patch, &json!({}), &json!("stored"));
    }

    #[test]
    fn all_faults_are_reported_together() {
        check(
            Mode::Patch,
            &json!({"username": " ", "name": null, "email": "x", "type": "robot", "last_login": null}),
            &json!({
                "username": ["This field may not be blank."],
                "name": ["This field may not be null."],
                "email": ["Enter a valid email address."],
                "type": ["\"robot\" is not a valid choice."],
            }),
        );
    }
}
