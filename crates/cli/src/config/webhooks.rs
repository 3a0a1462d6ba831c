//! The section `webhooks`: who is told of events.

use std::sync::Arc;

use scimitar_client::SigningKey;
use scimitar_domain::rules;
use scimitar_sync::{EventType, Webhooks};

use super::fault::{ConfigError, Place};
use super::reader::Reader;

/// Each makes a job of each event.
const MOST: usize = 10;

/// Who is told of events, if anybody is.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Option<Arc<Webhooks>>, ConfigError> {
    const SECRET: &str = "webhooks.secret";
    let urls = reader.list("webhooks.urls", |text| match rules::remote_url(text) {
        Ok(()) => Ok(text.to_owned()),
        // It may be a secret, so it is not shown.
        Err(_) => Err("each must be an address such as `https://ops.example.com/events`".to_owned()),
    })?;
    if urls.len() > MOST {
        let (key, place) = ("webhooks.urls".to_owned(), Place::BuiltIn);
        let reason = format!("there may be at most {MOST}");
        return Err(ConfigError::Invalid { key, place, reason });
    }
    let events = reader.list("webhooks.events", |text| {
        let known = EventType::ALL.into_iter().find(|it| it.as_str() == text);
        let names = || EventType::ALL.map(|it| format!("`{}`", it.as_str())).join(", ");
        known.ok_or_else(|| format!("`{text}` is no event; there are {}", names()))
    })?;
    let invalid = |place, reason: &str| ConfigError::Invalid {
        key: SECRET.to_owned(),
        place,
        reason: reason.to_owned(),
    };
    let secret = reader.secret(SECRET)?;
    if urls.is_empty() {
        return Ok(None);
    }
    let Some((secret, place)) = secret else {
        return Err(invalid(Place::BuiltIn, "it is needed to sign what is sent to `webhooks.urls`"));
    };
    let key = SigningKey::read(secret.expose()).map_err(|reason| invalid(place, reason))?;
    Ok(Some(Arc::new(Webhooks { urls, key, events })))
}
