//! Emptying a provider on purpose: everything that it manages is deprovisioned by its policy, and then it is held.

use scimitar_domain::{GuardDeed, GuardEvent, Provider, ProviderPk, RunTrigger, Timestamp};
use scimitar_store::providers::Remains;
use scimitar_store::{Conn, StoreError, guards, jobs, providers};

use crate::engine::{Engine, not_synced};
use crate::error::SyncError;
use crate::guard;
use crate::work::Work;

/// Why a provider that is empty is held.
const DRAINED: &str = "drained: everything that it managed is deprovisioned. Delete the provider, or save it to fill \
                       it again";

/// How far the emptying of a provider has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrainView {
    pub draining: bool,
    pub remains: Remains,
    /// What stops it, or that it is done.
    pub detail: Option<String>,
}

impl Engine {
    /// Begin to empty a provider. `by` is a user's name.
    pub async fn drain(&self, provider: ProviderPk, by: &str) -> Result<DrainView, SyncError> {
        let (now, name) = (self.parts().clock.now(), by.to_owned());
        self.parts().store.write(move |conn| begin_drain(conn, provider, Some(&name), now)).await?;
        tracing::info!(provider.pk = provider.0, "{by} asked for provider {provider} to be drained");
        self.drained(provider).await
    }

    /// How far it has come.
    pub async fn drained(&self, provider: ProviderPk) -> Result<DrainView, SyncError> {
        let (keyring, limits) = (self.parts().keyring.clone(), self.parts().settings.guard);
        let look = move |conn: &mut Conn| {
            let found = providers::get(conn, &keyring, provider)?;
            if !found.draining {
                return Ok(DrainView::default());
            }
            let held = guards::find(conn, provider)?.and_then(|it| guard::told(provider, &it, limits));
            let detail = not_synced(&found).or_else(|| held.map(|(_, detail)| detail));
            let remains = providers::remains(conn, provider)?;
            Ok::<_, StoreError>(DrainView { draining: true, remains, detail })
        };
        Ok(self.parts().store.read(look).await?)
    }
}

/// From now on nothing is in the provider's scope, and a full sync follows. The guard holds for this too. `by` is
/// nobody for the command line. The caller's transaction.
pub fn begin_drain(
    conn: &mut Conn,
    provider: ProviderPk,
    by: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    providers::drain(conn, provider)?;
    let detail = "asked for everything to be deprovisioned".to_owned();
    let actor = by.map(str::to_owned);
    guards::note(conn, provider, &GuardEvent { at: now, deed: GuardDeed::Changed, actor, detail })?;
    let work = Work::Run { provider, trigger: RunTrigger::Manual }.job(now);
    jobs::enqueue(conn, std::slice::from_ref(&work), now)
}

/// Hold the provider at the end of a full sync, if it was being emptied and is empty.
pub(crate) fn end_drain(conn: &mut Conn, provider: &Provider) -> Result<(), StoreError> {
    if provider.draining && providers::remains(conn, provider.pk)? == Remains::default() {
        providers::hold(conn, provider.pk, DRAINED)?;
    }
    Ok(())
}
