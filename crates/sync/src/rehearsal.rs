//! A whole full sync as a dry run, for people who want to see it before it happens.

use std::sync::Arc;

use scimitar_domain::{ObjectId, ObjectKind, ProviderPk, RunCounts};
use scimitar_store::scope;

use crate::batch;
use crate::context::Context;
use crate::engine::Engine;
use crate::error::SyncError;
use crate::report::ObjectReport;

/// Objects that are looked at together.
const AT_ONCE: i64 = 100;

impl Engine {
    /// What a full sync would do now, told object by object. Nothing is written, here or at the remote; only
    /// the remote's capabilities are read.
    pub async fn rehearse<F>(&self, provider: ProviderPk, mut tell: F) -> Result<RunCounts, SyncError>
    where
        F: FnMut(&ObjectReport) + Send,
    {
        let mut counts = RunCounts::default();
        let Some(context) = self.context(provider).await? else { return Ok(counts) };
        let view = context.provider.clone();
        counts.in_scope = self
            .parts()
            .store
            .read(move |conn| {
                let n_users = scope::count_users(conn, &view)?;
                Ok::<_, scimitar_store::StoreError>(n_users + scope::count_groups(conn, &view)?)
            })
            .await?;
        let mut after = None;
        loop {
            let (view, all) =
                (context.provider.clone(), context.mappings(ObjectKind::User).depends_on_groups());
            let due = self
                .parts()
                .store
                .read(move |conn| scope::users_due(conn, &view, after, None, AT_ONCE, all))
                .await?;
            let Some(last) = due.last().copied() else { break };
            after = Some(last);
            let objects = due.into_iter().map(ObjectId::User).collect();
            self.rehearse_page(&context, objects, &mut counts, &mut tell).await?;
        }
        let mut after = None;
        loop {
            let view = context.provider.clone();
            let due = self
                .parts()
                .store
                .read(move |conn| scope::groups_due(conn, &view, after, None, AT_ONCE, false))
                .await?;
            let Some(last) = due.last().copied() else { break };
            after = Some(last);
            let objects = due.into_iter().map(ObjectId::Group).collect();
            self.rehearse_page(&context, objects, &mut counts, &mut tell).await?;
        }
        let mut after = None;
        loop {
            let view = context.provider.clone();
            let departed =
                self.parts().store.read(move |conn| scope::departed(conn, &view, after, AT_ONCE)).await?;
            let Some((last, _)) = departed.last().copied() else { return Ok(counts) };
            after = Some(last);
            let objects = departed.into_iter().map(|(_, object)| object).collect();
            self.rehearse_page(&context, objects, &mut counts, &mut tell).await?;
        }
    }

    async fn rehearse_page<F>(
        &self,
        context: &Arc<Context>,
        objects: Vec<ObjectId>,
        counts: &mut RunCounts,
        tell: &mut F,
    ) -> Result<(), SyncError>
    where
        F: FnMut(&ObjectReport) + Send,
    {
        let reports = self.parts().preview(context, objects).await?;
        reports.iter().for_each(&mut *tell);
        batch::add(counts, batch::count(&reports));
        Ok(())
    }
}
