//! Cursors as they are given away: sealed, so that nobody reads or makes one, and good for one question only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta};
use scimitar_domain::{Secret, Timestamp};
use scimitar_scim::sort::SortKey;
use scimitar_scim::{Reason, ResourceKind, ScimError};
use scimitar_store::{Keyring, StoreError};
use serde_json::{Value, json};

use super::question::Question;
use super::walk::Place;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cursor {
    /// When it was made.
    pub(super) at: Timestamp,
    pub(super) place: Place,
    /// How many there are on all pages, as the first one told.
    pub(super) total: Option<u64>,
}

impl Cursor {
    pub(super) fn seal(&self, keyring: &Keyring, question: &Question) -> Result<String, StoreError> {
        let text = Secret::new(self.written().to_string());
        Ok(URL_SAFE_NO_PAD.encode(keyring.seal(&purpose(question), &text)?))
    }

    /// Read a cursor of ours that was made for this question of this source.
    pub(super) fn open(text: &str, keyring: &Keyring, question: &Question) -> Result<Self, ScimError> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok();
        let opened = sealed.and_then(|sealed| keyring.open(&purpose(question), &sealed).ok());
        let read = opened.and_then(|opened| Self::read(&serde_json::from_str(opened.expose()).ok()?));
        read.ok_or_else(|| Reason::InvalidCursor.because("the cursor was not made for this query"))
    }

    /// Whether it was made more than so many seconds ago.
    pub(super) fn is_older(&self, seconds: u64, now: Timestamp) -> bool {
        let allowed = i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds).unwrap_or(TimeDelta::MAX);
        now - self.at > allowed
    }

    fn written(&self) -> Value {
        let key = match &self.place.key {
            SortKey::Boolean(truth) => json!({ "boolean": truth }),
            SortKey::Number(number) => json!({ "number": number }),
            SortKey::Instant(at) => json!({ "instant": at.to_rfc3339() }),
            SortKey::Text(text) => json!({ "text": text }),
            SortKey::Absent => Value::Null,
        };
        json!({
            "at": self.at.timestamp(),
            "kind": self.place.kind,
            "seq": self.place.seq,
            "key": key,
            "total": self.total,
        })
    }

    fn read(written: &Value) -> Option<Self> {
        let member = |name: &str| written.get(name);
        let key = match member("key")? {
            Value::Null => SortKey::Absent,
            Value::Object(key) => match key.iter().next()? {
                (name, Value::Bool(truth)) if name == "boolean" => SortKey::Boolean(*truth),
                (name, Value::Number(number)) if name == "number" => SortKey::Number(number.clone()),
                (name, Value::String(text)) if name == "text" => SortKey::Text(text.clone()),
                (name, Value::String(at)) if name == "instant" => {
                    SortKey::Instant(DateTime::parse_from_rfc3339(at).ok()?.to_utc())
                }
                _other => return None,
            },
            _other => return None,
        };
        let kind: ResourceKind = serde_json::from_value(member("kind")?.clone()).ok()?;
        Some(Self {
            at: DateTime::from_timestamp(member("at")?.as_i64()?, 0)?,
            place: Place { kind, seq: member("seq")?.as_i64()?, key },
            total: member("total")?.as_u64(),
        })
    }
}

/// What a cursor is good for: the source, and everything that decides which resources come in which order.
fn purpose(question: &Question) -> String {
    let kinds: Vec<&str> = question.kinds.iter().map(|kind| kind.name()).collect();
    let filter = question.filter.as_ref().map(ToString::to_string);
    let sort = question.sort.as_ref().map(|(by, order)| format!("{order:?} {by}"));
    json!(["scim cursor", question.visit.source.id.0, kinds, filter, sort]).to_string()
}
