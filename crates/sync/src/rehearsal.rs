//! A whole full sync as a dry run, for people who want to see it before it happens.

use scimitar_domain::{ProviderPk, RunCounts};
use scimitar_store::{StoreError, scope};

use crate::batch;
use crate::context::Context;
use crate::engine::{Engine, EngineParts};
use crate::error::SyncError;
use crate::report::ObjectReport;
use crate::walk::Walk;

impl Engine {
    /// What a full sync would do now, told object by object. Nothing is written, here or at the remote; only
    /// the remote's capabilities are read.
    pub async fn rehearse<F>(&self, provider: ProviderPk, mut tell: F) -> Result<RunCounts, SyncError>
    where
        F: FnMut(&ObjectReport) + Send,
    {
        let mut counts = RunCounts::default();
        let Some(context) = self.context(provider).await? else { return Ok(counts) };
        counts.in_scope = self.parts().count_in_scope(&context).await?;
        let mut walk = Walk::new(None);
        while let Some(objects) = walk.next(self.parts(), &context).await? {
            let reports = self.parts().preview(&context, objects).await?;
            reports.iter().for_each(&mut tell);
            batch::add(&mut counts, batch::count(&reports));
        }
        Ok(counts)
    }
}

impl EngineParts {
    /// Users and groups that the provider is to hold.
    pub(crate) async fn count_in_scope(&self, context: &Context) -> Result<i64, SyncError> {
        let view = context.provider.clone();
        let count = move |conn: &mut scimitar_store::Conn| {
            let n_users = scope::count_users(conn, &view)?;
            Ok::<_, StoreError>(n_users + scope::count_groups(conn, &view)?)
        };
        Ok(self.store.read(count).await?)
    }
}
