//! Changes: the notes of the outbox, each written with the mutation that it tells of.

use serde::{Deserialize, Serialize};

use crate::{ApplicationId, GroupId, MappingId, ProviderPk, Timestamp, UserPk};

/// One note. Notes are handed out in the order of their ids and then removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub id: i64,
    pub at: Timestamp,
    pub kind: ChangeKind,
}

/// What happened. It names the thing to look at; what to do is decided from the state found then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum ChangeKind {
    UserSaved {
        user: UserPk,
    },
    UserDeleted {
        user: UserPk,
    },
    GroupSaved {
        group: GroupId,
    },
    GroupDeleted {
        group: GroupId,
    },
    /// Other groups than before stand right below this one.
    ChildrenChanged {
        group: GroupId,
    },
    MemberAdded {
        group: GroupId,
        user: UserPk,
    },
    MemberRemoved {
        group: GroupId,
        user: UserPk,
    },
    ProviderSaved {
        provider: ProviderPk,
    },
    MappingSaved {
        mapping: MappingId,
    },
    ApplicationSaved {
        application: ApplicationId,
    },
}
