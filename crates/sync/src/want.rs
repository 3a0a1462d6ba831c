//! What a provider should hold for an object: loading it, and evaluating its mappings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use scimitar_domain::{FailureClass, Link, ObjectId};
use scimitar_mapping::{Limit, MappingError, Outcome as Mapped};
use scimitar_store::{Conn, links};

use crate::batch::Wanted;
use crate::context::Context;
use crate::desired::Desired;
use crate::engine::EngineParts;
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::guard;
use crate::parting::Parting;
use crate::subject::{self, Loaded, Subject};
use crate::view::Memberships;

impl EngineParts {
    /// What an object's mappings make of it.
    pub(crate) async fn want(
        &self,
        context: &Context,
        subject: &Subject,
        memberships: &Memberships,
    ) -> Wanted {
        if !subject.is_in_scope {
            return self.part(context, subject);
        }
        let Some(scope) = subject.scope(context, self.install, memberships) else { return Wanted::Absent };
        let kind = subject.object.kind();
        let profile = context.profile.kind(kind);
        if !context.offers(kind) {
            return Wanted::Skip;
        }
        let mappings = Arc::clone(context.mappings(kind));
        match self.mappings.evaluate(mappings, scope).await {
            Ok(Mapped::Skip) => Wanted::Skip,
            Ok(Mapped::Object(mapped)) => {
                match Desired::build(kind, mapped, &subject.external_id(self.install)) {
                    Ok(desired) => stays_active(subject, desired.trimmed(profile)),
                    Err(unfit) => Wanted::Broken(Trouble::object(FailureClass::Mapping, unfit.to_string())),
                }
            }
            Err(error) => Wanted::Broken(mapping_trouble(&error)),
        }
    }

    /// Those of the objects that the provider has, may have, or is to have.
    pub(crate) async fn concerned(
        &self,
        context: &Arc<Context>,
        objects: Vec<ObjectId>,
    ) -> Result<BTreeSet<ObjectId>, SyncError> {
        let context = Arc::clone(context);
        let read = move |conn: &mut Conn| subject::concerned(conn, &context.provider, &objects);
        Ok(self.store.read(read).await?)
    }

    /// The links of a batch whose objects are not to be worked on.
    pub(crate) async fn links(
        &self,
        context: &Context,
        objects: Vec<ObjectId>,
    ) -> Result<BTreeMap<ObjectId, Link>, SyncError> {
        let provider = context.provider.pk;
        let links = self.store.read(move |conn| links::of_objects(conn, provider, &objects)).await?;
        Ok(links.into_iter().map(|link| (link.object, link)).collect())
    }

    pub(crate) async fn load(
        &self,
        context: &Arc<Context>,
        objects: Vec<ObjectId>,
    ) -> Result<Loaded, SyncError> {
        let context = Arc::clone(context);
        Ok(self.store.read(move |conn| subject::load(conn, &context, &objects)).await?)
    }
}

/// A deactivation that somebody has rejected is not wanted; the user stays as he is until it is approved.
fn stays_active(subject: &Subject, desired: Desired) -> Wanted {
    match &subject.link {
        Some(link) if link.rejected.is_some() && guard::deactivates(&link.sent, &desired.body) => {
            Wanted::Left(Parting::Leave(None))
        }
        Some(_) | None => Wanted::Body(desired),
    }
}

fn mapping_trouble(error: &MappingError) -> Trouble {
    use MappingError as E;
    let retries = match error {
        // A machine that is busy makes everything take longer, so this may pass.
        E::LimitExceeded { limit, .. } => *limit == Limit::Time,
        E::Failed { .. } | E::NotAnObject { .. } | E::NotJson { .. } => false,
        E::Overloaded | E::Stopped | E::Thread(_) => true,
    };
    Trouble::Object { class: FailureClass::Mapping, detail: error.to_string(), retries }
}
