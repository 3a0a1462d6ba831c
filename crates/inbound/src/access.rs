//! Who may ask: the client of a source, by the token of the source's account.

use scimitar_domain::{Intent, Secret, Source};
use scimitar_scim::{Dialect, ResourceKind};
use scimitar_store::{sources, tokens};

use crate::{Inbound, InboundError};

/// An admitted client, and the source that it speaks for.
#[derive(Debug, Clone)]
pub struct Visit {
    pub source: Source,
    /// The address of the service for this source, without a slash at its end.
    pub base: String,
    pub dialect: Dialect,
}

impl Inbound {
    /// Admit the client of the source `slug`: with the key of the source's own token, while the source is enabled.
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
        let source = self
            .parts
            .store
            .read(move |conn| {
                // The source is found by its token and then compared, so that a key of another source learns nothing
                // of this one, not even whether it exists.
                let Some((token, account)) = tokens::authenticate(conn, &keyring, &key)? else {
                    return Err(InboundError::Unauthorized);
                };
                let is_good =
                    account.fields.is_active && token.fields.intent == Intent::Api && !token.is_expired(now);
                let source = sources::by_token(conn, token.id)?;
                source
                    .filter(|source| is_good && source.account == account.pk && source.fields.slug == slug)
                    .ok_or(InboundError::Unauthorized)
            })
            .await?;
        if !source.fields.enabled {
            return Err(InboundError::Disabled { slug: source.fields.slug });
        }
        Ok(Visit { source, base, dialect: dialect(agent) })
    }
}

impl Visit {
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
