//! Providers that take anybody for their remote: said wherever somebody looks at one.

use scimitar_domain::{AuthMode, Provider};
use scimitar_store::providers;

use crate::engine::Engine;
use crate::error::SyncError;

/// What has to be said of a provider that takes anybody for its remote, or for the server that issues its tokens.
/// Without TLS there is nothing to verify.
pub fn unverified_remote(provider: &Provider) -> Option<&'static str> {
    let fields = &provider.fields;
    let token_url = match fields.auth_mode {
        AuthMode::Oauth => fields.auth_oauth_params.get("token_url").and_then(|url| url.as_str()),
        AuthMode::Token | AuthMode::Basic | AuthMode::Header | AuthMode::Certificate => None,
    };
    let is_open = !fields.verify_certificates && (has_tls(&fields.url) || token_url.is_some_and(has_tls));
    is_open.then_some(
        "The remote's certificate is not verified: whoever is on the way can read and change everything, credentials \
         included. Put the certificate of its authority into `ca_certificates`, and set `verify_certificates`.",
    )
}

/// A scheme is the same one in capitals.
fn has_tls(url: &str) -> bool {
    url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
}

impl Engine {
    /// Say in the log which providers take anybody for their remote. To be called once by each start of a service.
    pub async fn tell_unverified(&self) -> Result<(), SyncError> {
        let keyring = self.parts().keyring.clone();
        let open = self.parts().store.read(move |conn| {
            let pks = providers::unverified(conn)?;
            providers::find_many(conn, &keyring, &pks)
        });
        for provider in open.await? {
            if let Some(warning) = unverified_remote(&provider) {
                let (pk, name) = (provider.pk.0, &provider.fields.name);
                tracing::warn!(provider.pk = pk, "provider `{name}` ({pk}): {warning}");
            }
        }
        Ok(())
    }
}
