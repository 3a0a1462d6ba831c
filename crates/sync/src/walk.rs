//! Walking through what a full sync would look at now, in its order, a page at a time.

use scimitar_domain::{GroupId, LinkId, ObjectId, ObjectKind, PlanId, UserPk};
use scimitar_store::scope;

use crate::context::Context;
use crate::engine::EngineParts;
use crate::error::SyncError;

/// Objects that are looked at together.
const AT_ONCE: i64 = 100;

/// Where a walk has come to.
#[derive(Debug)]
pub(crate) struct Walk {
    /// Groups that get members from this plan are looked at too.
    plan: Option<PlanId>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Users(Option<UserPk>),
    Groups(Option<GroupId>),
    Departed(Option<LinkId>),
    End,
}

impl Walk {
    pub(crate) fn new(plan: Option<PlanId>) -> Self {
        Self { plan, stage: Stage::Users(None) }
    }

    /// The next objects, or nothing when all were seen.
    pub(crate) async fn next(
        &mut self,
        parts: &EngineParts,
        context: &Context,
    ) -> Result<Option<Vec<ObjectId>>, SyncError> {
        loop {
            let provider = context.provider.clone();
            match self.stage {
                Stage::Users(after) => {
                    let all = context.mappings(ObjectKind::User).depends_on_groups();
                    let read =
                        move |conn: &mut _| scope::users_due(conn, &provider, after, None, AT_ONCE, all);
                    let due = parts.store.read(read).await?;
                    if let Some(last) = due.last().copied() {
                        self.stage = Stage::Users(Some(last));
                        return Ok(Some(due.into_iter().map(ObjectId::User).collect()));
                    }
                    self.stage = Stage::Groups(None);
                }
                Stage::Groups(after) => {
                    let plan = self.plan;
                    let read = move |conn: &mut _| match plan {
                        Some(plan) => scope::groups_to_plan(conn, &provider, plan, after, AT_ONCE),
                        None => scope::groups_due(conn, &provider, after, None, AT_ONCE, false),
                    };
                    let due = parts.store.read(read).await?;
                    if let Some(last) = due.last().copied() {
                        self.stage = Stage::Groups(Some(last));
                        return Ok(Some(due.into_iter().map(ObjectId::Group).collect()));
                    }
                    self.stage = Stage::Departed(None);
                }
                Stage::Departed(after) => {
                    let now = parts.clock.now();
                    let read = move |conn: &mut _| scope::departed(conn, &provider, after, now, AT_ONCE);
                    let departed = parts.store.read(read).await?;
                    if let Some((last, _)) = departed.last().copied() {
                        self.stage = Stage::Departed(Some(last));
                        return Ok(Some(departed.into_iter().map(|(_, object)| object).collect()));
                    }
                    self.stage = Stage::End;
                }
                Stage::End => return Ok(None),
            }
        }
    }
}
