//! Who may ask: the client of a source, by the token of the source's account.

use chrono::TimeDelta;

use scimitar_domain::{Intent, Secret, Source, SourceScope, SourceTokenId, Timestamp};
use scimitar_scim::{Dialect, ResourceKind};
use scimitar_store::{Conn, Keyring, StoreError, source_tokens, sources, tokens, users};

use crate::notes::Notes;
use crate::{Inbound, InboundError, granting};

/// An admitted client, and the source that it speaks for.
#[derive(Debug, Clone)]
pub struct Visit {
    pub source: Source,
    /// The address of the service for this source, without a slash at its end.
    pub base: String,
    pub dialect: Dialect,
    /// What the token opens.
    pub scope: SourceScope,
    pub(crate) notes: Notes,
}

/// For so long a token counts as just used, so that not every request has to be written down.
const JUST_USED: TimeDelta = TimeDelta::minutes(1);

/// A source that a good key opens.
struct Opened {
    source: Source,
    scope: SourceScope,
    /// The token to note the use of.
    to_note: Option<SourceTokenId>,
}

impl Inbound {
    /// Admit the client of the source `slug`: with the key of one of the source's tokens, while the source is enabled.
    ///
    /// `base` is the address under which the client reaches the service, `agent` what it says of itself. One read
    /// for each request: a token that is revoked has no effect from then on.
    pub async fn admit(
        &self,
        slug: String,
        key: Option<Secret<String>>,
        base: String,
        agent: &str,
    ) -> Result<Visit, InboundError> {
        let Some(key) = key else { return Err(InboundError::Unauthorized) };
        let (keyring, now) = (self.parts.keyring.clone(), self.parts.clock.now());
        let Opened { source, scope, to_note } = self
            .parts
            .store
            .read(move |conn| {
                // The source is found by its token and then compared, so that a key of another source learns nothing
                // of this one, not even whether it exists.
                let opened = open(conn, &keyring, &key, now)?;
                opened.filter(|opened| opened.source.fields.slug == slug).ok_or(InboundError::Unauthorized)
            })
            .await?;
        if !source.fields.enabled {
            return Err(InboundError::Disabled { slug: source.fields.slug });
        }
        if let Some(token) = to_note {
            self.uses.note(token, now);
        }
        Ok(Visit { source, base, dialect: dialect(agent), scope, notes: Notes::default() })
    }
}

/// The source that a key opens: by the token of its account, or by one of its others.
fn open(
    conn: &mut Conn,
    keyring: &Keyring,
    key: &Secret<String>,
    now: Timestamp,
) -> Result<Option<Opened>, StoreError> {
    if let Some((token, account)) = tokens::authenticate(conn, keyring, key)? {
        let is_good =
            account.fields.is_active && token.fields.intent == Intent::Api && !token.is_expired(now);
        let source = sources::by_token(conn, token.id)?;
        let source = source.filter(|source| is_good && source.account == account.pk);
        return Ok(source.map(|source| Opened { source, scope: SourceScope::ALL, to_note: None }));
    }
    let token = match granting::opened(keyring, key, now) {
        Some(id) => source_tokens::find(conn, id)?,
        None => source_tokens::authenticate(conn, keyring, key)?,
    };
    let token = token.filter(|token| !token.is_expired(now));
    let Some(token) = token else { return Ok(None) };
    let Some(source) = sources::find(conn, token.source)? else { return Ok(None) };
    if !users::get(conn, source.account)?.fields.is_active {
        return Ok(None);
    }
    let to_note = token.last_used_at.is_none_or(|at| at + JUST_USED <= now).then_some(token.id);
    Ok(Some(Opened { source, scope: token.fields.scope, to_note }))
}

impl Visit {
    /// Refuse to read what the token does not open.
    pub(crate) fn may_read(&self, kind: ResourceKind) -> Result<(), InboundError> {
        match kind {
            ResourceKind::User if !self.scope.users => Err(InboundError::Forbidden("it is not for Users")),
            ResourceKind::Group if !self.scope.groups => Err(InboundError::Forbidden("it is not for Groups")),
            ResourceKind::User | ResourceKind::Group => Ok(()),
        }
    }

    /// Refuse to change what the token does not open.
    pub(crate) fn may_change(&self, kind: ResourceKind) -> Result<(), InboundError> {
        self.may_read(kind)?;
        if self.scope.read_only { Err(InboundError::Forbidden("it only reads")) } else { Ok(()) }
    }

    /// The address of a resource.
    pub(crate) fn location(&self, kind: ResourceKind, id: impl std::fmt::Display) -> String {
        format!("{}/{}/{id}", self.base, kind.endpoint())
    }
}

/// The dialect of a client that gives its name; of others, what does no harm to anybody.
fn dialect(agent: &str) -> Dialect {
    let agent = agent.to_ascii_lowercase();
    [Dialect::OKTA, Dialect::ONELOGIN, Dialect::JUMPCLOUD]
        .into_iter()
        .find(|dialect| agent.contains(dialect.name))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_that_give_their_name_are_understood_by_it() {
        for (agent, expected) in
            [("Okta SCIM Client 1.0.0", "okta"), ("", "generic"), ("python-requests/2", "generic")]
        {
            assert_eq!(dialect(agent).name, expected, "{agent}");
        }
    }
}
