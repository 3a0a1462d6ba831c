//! Looking at the remote before a plan is made, where a full sync would walk through it first. Nothing is sent, and
//! nothing but the keys of what is there is written down.

use chrono::TimeDelta;

use scimitar_domain::ObjectKind;
use scimitar_store::{Conn, scope};

use crate::context::Context;
use crate::discover::RemoteWalk;
use crate::engine::EngineParts;
use crate::error::SyncError;
use crate::explain::moment;
use crate::failure::Trouble;

/// Somebody who waits for an answer waits for no more pages of a kind than these, and no page begins after so long.
const PAGES_AT_ONCE: usize = 10;
const WAITED_FOR: TimeDelta = TimeDelta::seconds(10);

/// Whether somebody waits for the answer of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Haste {
    Waited,
    None,
}

/// How far a look has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// All that a plan has to know is known.
    Clear,
    /// The remote could not be walked through; what that means, for people.
    Dim(String),
    /// It takes longer than somebody waits.
    TooLong,
}

impl EngineParts {
    /// Walk through what a full sync would walk through before it creates. What stands in the way stands in no plan's
    /// way: it says that it was made without a look.
    pub(crate) async fn look_out(&self, context: &Context, haste: Haste) -> Result<Outlook, SyncError> {
        if !context.provider.fields.discovery_enabled {
            return Ok(Outlook::Clear);
        }
        let until = match haste {
            Haste::Waited => Some(self.clock.now() + WAITED_FOR),
            Haste::None => None,
        };
        for kind in [ObjectKind::User, ObjectKind::Group] {
            let view = context.provider.clone();
            let read = move |conn: &mut Conn| scope::any_unlinked(conn, &view, kind);
            if !self.store.read(read).await? {
                continue;
            }
            let mut walk = match RemoteWalk::begin(self, context, kind).await {
                Ok(walk) => walk,
                Err(trouble) => return Ok(Outlook::Dim(dim(kind, &trouble))),
            };
            for n_pages in 1_usize.. {
                match walk.next(self, context).await {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(trouble) => return Ok(Outlook::Dim(dim(kind, &trouble))),
                }
                let is_long = |until| n_pages >= PAGES_AT_ONCE || self.clock.now() >= until;
                if !walk.is_complete() && until.is_some_and(is_long) {
                    return Ok(Outlook::TooLong);
                }
            }
        }
        Ok(Outlook::Clear)
    }
}

fn dim(kind: ObjectKind, trouble: &Trouble) -> String {
    let what = match kind {
        ObjectKind::User => "users and groups",
        ObjectKind::Group => "groups",
    };
    let why = match trouble {
        Trouble::Resting(rest) => format!("the provider rests until {}: {}", moment(rest.until), rest.reason),
        Trouble::Client(_) | Trouble::TooEarly { .. } | Trouble::Object { .. } => trouble.explain(),
    };
    format!(
        "it was made without a look at the {what} of the remote: {why}. What it would create may be there already, and \
         is taken over then. Ask for another plan when the remote answers"
    )
}
