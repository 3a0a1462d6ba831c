//! A remote without groups: finding that out, living with it, and finding out when it is over.
//!
//! Of users nothing is concluded: a remote without them is none to provision into.

use chrono::TimeDelta;

use scimitar_client::{ClientError, Method};
use scimitar_domain::{ObjectKind, Provider, Taught};
use scimitar_scim::{Capabilities, ResourceKind};
use scimitar_store::{Conn, StoreError, lessons, links, scope};

use crate::capabilities::SaidBy;
use crate::context::Context;
use crate::engine::EngineParts;
use crate::error::SyncError;
use crate::failure::Trouble;

/// For so long it is believed that a remote has groups although it refuses to make one.
const BELIEVED: TimeDelta = TimeDelta::hours(1);

const NO_GROUPS: &str =
    "the remote offers no groups, so none are sent; each full sync asks whether that is still so";

impl Context {
    /// Whether the remote has a kind of resource, by all that is known of it.
    pub(crate) fn offers(&self, kind: ObjectKind) -> bool {
        self.profile.kind(kind).offered && !self.lessons.lacks(kind)
    }
}

impl EngineParts {
    /// Whether a create was refused because the remote has no groups at all, which is looked into and remembered.
    pub(crate) async fn is_without(
        &self,
        context: &Context,
        kind: ObjectKind,
        refusal: &Trouble,
    ) -> Result<bool, SyncError> {
        if kind != ObjectKind::Group || !is_about_the_collection(refusal) {
            return Ok(false);
        }
        let mut there = context.lessons.groups_there.lock().await;
        if context.lessons.lacks(kind) {
            // Others were refused at the same time, and one of them has asked.
            return Ok(true);
        }
        let now = self.clock.now();
        if there.is_some_and(|at| now < at + BELIEVED) {
            return Ok(false);
        }
        match context.call(|client| async move { client.offers(ResourceKind::Group).await }).await {
            Ok(true) => {
                *there = Some(now);
                return Ok(false);
            }
            Ok(false) if is_served(context).await => {}
            Ok(false) | Err(_) => return Ok(false),
        }
        let lesson = self.lesson(context, kind, Taught::NotOffered, &refusal.explain());
        let provider = context.provider.pk;
        let learn = move |conn: &mut Conn| {
            lessons::learn(conn, provider, &lesson)?;
            links::settle(conn, provider, kind)
        };
        self.store.write(learn).await?;
        context.lessons.note(kind, Taught::NotOffered, true);
        Ok(true)
    }

    /// In a full sync, when it is the groups' turn: ask whether it is still so that there are none. Answers whether
    /// there is nothing to send.
    pub(crate) async fn still_without_groups(&self, context: &Context) -> Result<bool, Trouble> {
        self.recall_groups(context).await?;
        if !context.lessons.lacks(ObjectKind::Group) {
            return Ok(false);
        }
        match context.call(|client| async move { client.offers(ResourceKind::Group).await }).await {
            Ok(true) => {
                self.unlearn(context, ObjectKind::Group, Taught::NotOffered).await;
                return Ok(false);
            }
            Err(resting @ Trouble::Resting(_)) => return Err(resting),
            Ok(false) | Err(_) => {}
        }
        let provider = context.provider.pk;
        // Whoever was refused before it was known, and was written down after.
        self.store.write(move |conn| links::settle(conn, provider, ObjectKind::Group)).await?;
        Ok(true)
    }

    /// Another process may have found that there are groups now: what it unlearned is not held against them.
    pub(crate) async fn recall_groups(&self, context: &Context) -> Result<(), StoreError> {
        let (provider, kind) = (context.provider.pk, ObjectKind::Group);
        if context.lessons.lacks(kind)
            && !self.store.read(move |conn| lessons::holds(conn, provider, kind, Taught::NotOffered)).await?
        {
            context.lessons.note(kind, Taught::NotOffered, false);
        }
        Ok(())
    }
}

/// What people are told of a full sync that had groups to send to a remote without any.
pub(crate) fn told(conn: &mut Conn, provider: &Provider) -> Result<Option<&'static str>, StoreError> {
    let is_without = lessons::holds(conn, provider.pk, ObjectKind::Group, Taught::NotOffered)?
        && scope::count_groups(conn, provider)? > 0;
    Ok(is_without.then_some(NO_GROUPS))
}

/// Whether an answer may mean that there is no such collection.
fn is_about_the_collection(refusal: &Trouble) -> bool {
    match refusal {
        Trouble::Client(ClientError::RouteMissing { path }) => path == ResourceKind::Group.endpoint(),
        Trouble::Client(ClientError::NotSupported { method, .. }) => *method == Method::Post,
        Trouble::Client(_) | Trouble::Resting(_) | Trouble::TooEarly { .. } | Trouble::Object { .. } => false,
    }
}

/// Whether there is a SCIM service at the URL at all: it describes itself, or has users. Where a URL is wrong,
/// everything is missing.
async fn is_served(context: &Context) -> bool {
    let describes_itself = context.said_by() == SaidBy::Remote
        && context.said().await.is_ok_and(|said| said != Capabilities::default());
    describes_itself
        || matches!(
            context.call(|client| async move { client.offers(ResourceKind::User).await }).await,
            Ok(true)
        )
}
