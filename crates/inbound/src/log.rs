//! What is told to the log of a source when a request of its client has been answered.

use scimitar_domain::{SourceId, SourceLogEntry, Timestamp};
use scimitar_store::StoreError;
use serde_json::json;
use uuid::Uuid;

use crate::access::Visit;
use crate::journal::Of;
use crate::notes::Notes;
use crate::{Inbound, without_values};

/// Characters of what a client says of itself, and of an address.
const LONGEST: usize = 200;

/// A request and its answer, as whoever speaks HTTP saw them.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// When it came.
    pub at: Timestamp,
    pub method: &'a str,
    /// The address below the source's, without what is asked for by value.
    pub path: String,
    /// What the client says of itself.
    pub client: &'a str,
    /// The one resource that it was about.
    pub object: Option<String>,
    pub status: u16,
    /// Why it was refused.
    pub error: Option<String>,
}

impl Inbound {
    /// Tell the log of a source. Nothing waits for it.
    pub fn log(&self, visit: &Visit, asked: Asked<'_>) {
        self.tell(Of::Known(visit.source.id), &visit.notes, visit.dialect.name, asked);
    }

    /// The same of a request that nobody was admitted with, to the source that it names.
    pub fn log_stranger(&self, slug: String, asked: Asked<'_>) {
        self.tell(Of::Named(slug), &Notes::default(), "", asked);
    }

    /// Write down what the logs were told. Returns how much.
    pub async fn write_log(&self) -> Result<usize, StoreError> {
        self.journal.write(&self.parts.store, self.parts.clock.now()).await
    }

    fn tell(&self, of: Of, notes: &Notes, dialect: &str, asked: Asked<'_>) {
        let mut detail = notes.told();
        if let Some(detail) = detail.as_object_mut() {
            if !dialect.is_empty() && !detail.contains_key("dialect") {
                detail.insert("dialect".to_owned(), json!(dialect));
            }
            if let Some(error) = asked.error {
                let words: Vec<String> = error.split(", ").map(without_values).collect();
                detail.insert("error".to_owned(), json!(words.join(", ")));
            }
        }
        let took = (self.parts.clock.now() - asked.at).num_microseconds().unwrap_or(i64::MAX);
        let told = |text: &str| -> String { text.chars().filter(|c| *c != '\0').take(LONGEST).collect() };
        let said_id = detail.get("id").and_then(|id| id.as_str()).map(str::to_owned);
        let entry = SourceLogEntry {
            source: match &of {
                Of::Known(source) => *source,
                Of::Named(_) => SourceId(Uuid::nil()),
            },
            at: asked.at,
            method: told(asked.method),
            path: told(&asked.path),
            client: told(asked.client),
            status: i32::from(asked.status),
            micros: took.max(0),
            object: asked.object.as_deref().map(told).or(said_id),
            detail,
        };
        self.journal.push(of, entry);
    }
}
