//! Bodies as people may see them: without passwords and credentials, and short.

use std::borrow::Cow;

use serde_json::Value;

use scimitar_domain::Secret;

/// The most bytes of a body that are shown.
pub const SHOWN: usize = 4_096;

const HIDDEN: &str = "***";

/// What must not be seen: our credentials, and what stands in a request where passwords stand.
#[derive(Debug, Default)]
pub(crate) struct Veil {
    texts: Vec<Secret<String>>,
}

impl Veil {
    /// Over `credentials`, and over the passwords in `request`, which an answer may repeat anywhere.
    pub(crate) fn over(credentials: &[Secret<String>], request: Option<&Value>) -> Self {
        let texts = hidden(credentials, request);
        Self { texts: texts.iter().filter(|it| !it.expose().is_empty()).cloned().collect() }
    }

    /// A document that was sent.
    pub(crate) fn value(&self, body: &Value) -> String {
        let mut body = body.clone();
        self.hide(&mut body, false);
        cut(self.without(body.to_string()))
    }

    /// A body that came, whatever it is.
    pub(crate) fn bytes(&self, body: &[u8]) -> String {
        match serde_json::from_slice::<Value>(body) {
            Ok(document) => self.value(&document),
            Err(_not_json) => {
                let text = self.without(String::from_utf8_lossy(body).into_owned());
                cut(text.chars().map(|it| if it.is_control() && it != '\n' { ' ' } else { it }).collect())
            }
        }
    }

    fn hide(&self, value: &mut Value, is_secret: bool) {
        match value {
            Value::String(_) | Value::Number(_) if is_secret => *value = Value::from(HIDDEN),
            Value::String(text) => *text = self.without(std::mem::take(text)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide(item, is_secret)),
            Value::Object(members) => {
                let by_path = names_a_secret_by_path(members.get("path"));
                for (name, member) in members.iter_mut() {
                    let is_value = by_path && name.eq_ignore_ascii_case("value");
                    self.hide(member, is_secret || is_value || is_secret_name(name));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn without(&self, text: String) -> String {
        self.texts.iter().fold(text, |text, hidden| {
            if text.contains(hidden.expose().as_str()) {
                text.replace(hidden.expose().as_str(), HIDDEN)
            } else {
                text
            }
        })
    }
}

/// What an answer must not show: our credentials, and the passwords in the request, which it may repeat anywhere.
pub(crate) fn hidden<'a>(
    credentials: &'a [Secret<String>],
    request: Option<&Value>,
) -> Cow<'a, [Secret<String>]> {
    let mut found = Vec::new();
    if let Some(request) = request {
        passwords(request, false, &mut found);
    }
    if found.is_empty() {
        return Cow::Borrowed(credentials);
    }
    found.extend(credentials.iter().cloned());
    Cow::Owned(found)
}

fn passwords(value: &Value, is_secret: bool, found: &mut Vec<Secret<String>>) {
    match value {
        Value::String(text) if is_secret && !text.is_empty() => found.push(Secret::new(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| passwords(item, is_secret, found)),
        Value::Object(members) => {
            let by_path = names_a_secret_by_path(members.get("path"));
            for (name, member) in members {
                let is_value = by_path && name.eq_ignore_ascii_case("value");
                passwords(member, is_secret || is_value || is_secret_name(name), found);
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// An operation of a PATCH names its attribute beside the value, behind the URN of its schema if there is one.
fn names_a_secret_by_path(path: Option<&Value>) -> bool {
    let Some(path) = path.and_then(Value::as_str) else { return false };
    path.split([':', '.', '[', ']', ' ']).any(is_secret_name)
}

/// Whether an attribute of this name holds what opens something. `password` is the one of SCIM (RFC 7643 §4.1.1); the
/// others are what services add to it.
fn is_secret_name(name: &str) -> bool {
    let name: String = name.chars().filter(|it| it.is_alphanumeric()).collect::<String>().to_lowercase();
    ["password", "passwd", "secret", "apikey", "privatekey"].iter().any(|it| name.contains(it))
        || ["token", "authorization", "credential", "credentials"].iter().any(|it| name.ends_with(it))
}

fn cut(text: String) -> String {
    if text.len() <= SHOWN {
        return text;
    }
    let end = (0..=SHOWN).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}… ({} bytes in all)", text.get(..end).unwrap_or_default(), text.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn veil(request: Option<&Value>) -> Veil {
        Veil::over(&[Secret::new("canary-7".to_owned())], request)
    }

    #[track_caller]
    fn check(body: &Value, expected: &Value) {
        assert_eq!(veil(None).value(body), expected.to_string());
    }

    #[test]
    fn passwords_and_credentials_are_hidden_wherever_they_stand() {
        check(&json!({"userName": "ada", "password": "a1"}), &json!({"userName": "ada", "password": "***"}));
        check(
            &json!({"a": [{"PassWord": 7, "client_secret": ["x"]}]}),
            &json!({"a": [{"PassWord": "***", "client_secret": ["***"]}]}),
        );
        check(
            &json!({"Operations": [{"op": "replace", "path": "password", "value": "a1"},
                                   {"op": "replace", "path": "urn:x:2.0:User:password", "value": "a1"},
                                   {"op": "replace", "path": "title", "value": "canary-7 b"}]}),
            &json!({"Operations": [{"op": "replace", "path": "password", "value": "***"},
                                   {"op": "replace", "path": "urn:x:2.0:User:password", "value": "***"},
                                   {"op": "replace", "path": "title", "value": "*** b"}]}),
        );
        check(&json!({"canary-7": true, "accessToken": "t"}), &json!({"***": true, "accessToken": "***"}));
        check(
            &json!({"schemas": ["urn:x"], "active": true, "n": 1}),
            &json!({"schemas": ["urn:x"], "active": true, "n": 1}),
        );
    }

    #[test]
    fn an_answer_that_repeats_a_password_does_not_show_it() {
        let request = json!({"password": "hunter2"});
        assert_eq!(
            veil(Some(&request)).bytes(b"<p>hunter2 is\x07weak, canary-7</p>"),
            "<p>*** is weak, ***</p>"
        );
        assert_eq!(
            veil(Some(&request)).bytes(br#"{"detail":"hunter2 is weak"}"#),
            r#"{"detail":"*** is weak"}"#
        );
    }

    #[test]
    fn a_body_is_cut_between_two_characters() {
        let shown = veil(None).bytes("ä".repeat(SHOWN).as_bytes());
        assert_eq!(shown, format!("{}… (8192 bytes in all)", "ä".repeat(SHOWN / 2)));
        assert_eq!(veil(None).bytes(&[b'a'; SHOWN]).len(), SHOWN);
        assert_eq!(veil(None).bytes(b"a\xffb"), "a\u{fffd}b");
    }
}
