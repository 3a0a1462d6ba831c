//! What may happen in a life: what people do in the directory, what processes do meanwhile, and which remote it is.

use proptest::prelude::*;

use scimitar_domain::{Deprovisioning, NestedGroups, ObjectKind};
use scimitar_testkit::remote::{
    Behaviour, Bulk, Capabilities, Discovery, Echo, Etag, FaultKind, FilterSupport, IdStyle, MemberForm,
    Order, RetryAfter, StartIndex, Uniqueness, UnknownMembers, Verbs,
};

/// Something that somebody does to the directory or to the provider. Numbers choose among what there is.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    AddUser,
    /// So many at once that they go together where the remote takes that.
    AddCrowd,
    AddGroup {
        member: u8,
    },
    Rename {
        user: u8,
    },
    Deactivate {
        user: u8,
    },
    DeleteUser {
        user: u8,
    },
    RenameGroup {
        group: u8,
    },
    DeleteGroup {
        group: u8,
    },
    Join {
        user: u8,
        group: u8,
    },
    Leave {
        user: u8,
        group: u8,
    },
    /// Only members of this group are sent from now on; or everybody again.
    LimitUsers {
        group: u8,
    },
    LimitGroups {
        group: u8,
    },
    Unlimit,
    /// A group stands below another from now on, and below no other; below none if both are the same.
    Move {
        group: u8,
        parent: u8,
    },
    Nest(NestedGroups),
    /// What becomes of who leaves, from now on.
    Policy {
        users: Deprovisioning,
        groups: Deprovisioning,
    },
}

/// One event of a life.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Change(Change),
    /// One of the processes hands out what changed and runs what is due.
    Turn {
        process: u8,
    },
    /// All processes do so at the same time.
    Turns,
    /// The first process goes on until it finds nothing to do.
    Step,
    /// An operator starts a full sync, or asks for one user.
    FullSync,
    Ask {
        user: u8,
    },
    /// A process takes up work, and dies at its `n`th await.
    Die {
        n: u8,
    },
    Pass {
        seconds: u16,
    },
}

fn change() -> impl Strategy<Value = Change> {
    let any = any::<u8>;
    prop_oneof![
        16 => Just(Change::AddUser),
        1 => Just(Change::AddCrowd),
        8 => any().prop_map(|member| Change::AddGroup { member }),
        8 => any().prop_map(|user| Change::Rename { user }),
        4 => any().prop_map(|user| Change::Deactivate { user }),
        8 => any().prop_map(|user| Change::DeleteUser { user }),
        4 => any().prop_map(|group| Change::RenameGroup { group }),
        4 => any().prop_map(|group| Change::DeleteGroup { group }),
        20 => (any(), any()).prop_map(|(user, group)| Change::Join { user, group }),
        12 => (any(), any()).prop_map(|(user, group)| Change::Leave { user, group }),
        4 => any().prop_map(|group| Change::LimitUsers { group }),
        4 => any().prop_map(|group| Change::LimitGroups { group }),
        4 => Just(Change::Unlimit),
        12 => (any(), any()).prop_map(|(group, parent)| Change::Move { group, parent }),
        4 => prop::sample::select(&NestedGroups::ALL[..]).prop_map(Change::Nest),
        4 => (policy(ObjectKind::User), policy(ObjectKind::Group))
            .prop_map(|(users, groups)| Change::Policy { users, groups }),
    ]
}

fn policy(kind: ObjectKind) -> impl Strategy<Value = Deprovisioning> {
    let fitting: Vec<_> = Deprovisioning::ALL.into_iter().filter(|policy| policy.fits(kind)).collect();
    prop::sample::select(fitting)
}

pub(crate) fn deed() -> impl Strategy<Value = Deed> {
    let any = any::<u8>;
    prop_oneof![
        24 => change().prop_map(Deed::Change),
        3 => any().prop_map(|process| Deed::Turn { process }),
        2 => Just(Deed::Turns),
        2 => Just(Deed::Step),
        1 => Just(Deed::FullSync),
        1 => any().prop_map(|user| Deed::Ask { user }),
        2 => any().prop_map(|n| Deed::Die { n }),
        2 => (0..600_u16).prop_map(|seconds| Deed::Pass { seconds }),
    ]
}

pub(crate) fn remote() -> impl Strategy<Value = Behaviour> {
    let kinds = prop_oneof![
        Just(Behaviour::default()),
        Just(Behaviour::without_patch()),
        Just(Behaviour::without_uniqueness()),
        Just(Behaviour { uniqueness: Uniqueness::NONE, ..Behaviour::without_filter() }),
        Just(Behaviour { filter_lag_ms: 3_000, ..Behaviour::without_uniqueness() }),
        Just(Behaviour { max_members_per_request: Some(2), ..Behaviour::default() }),
    ];
    (kinds, any::<u64>(), 0..30_u8).prop_map(|(kind, seed, fault_percent)| {
        // A damaged answer to the question what the remote can do counts as none for an hour. Without PATCH, a
        // group that is larger than the limit cannot be sent at all.
        let is_limited = kind.max_members_per_request.is_some();
        let damages = |fault: &FaultKind| {
            matches!(
                fault,
                FaultKind::TruncatedJson | FaultKind::HtmlBeforeCommit | FaultKind::HtmlAfterCommit
            )
        };
        // Silences and delays take real time and differ from resets in nothing else.
        let is_quick = |fault: &FaultKind| {
            !matches!(fault, FaultKind::Delay { .. } | FaultKind::AcceptThenSilence { .. })
        };
        let mut faults: Vec<FaultKind> = FaultKind::mixture().into_iter().filter(is_quick).collect();
        faults.retain(|fault| !(is_limited && damages(fault)));
        faults.push(FaultKind::TooManyRequests { retry_after: RetryAfter::HttpDate(90) });
        faults.push(FaultKind::Unavailable { retry_after: RetryAfter::Seconds(1_200) });
        faults.push(FaultKind::OkInsteadOfCreated);
        // Every other remote tells versions, and somebody else works there too.
        let etag = if seed.is_multiple_of(2) { Etag::Kept } else { Etag::Absent };
        // Every third takes many changes in one request.
        let offer = Capabilities { bulk: true, bulk_max_operations: 1_000, ..kind.capabilities.clone() };
        let (bulk, offered) = if seed.is_multiple_of(3) {
            (Bulk::Served, offer)
        } else {
            (kind.bulk, kind.capabilities.clone())
        };
        let capabilities = Capabilities { etag: etag == Etag::Kept, ..offered };
        Behaviour { seed, fault_percent, faults, etag, bulk, capabilities, ..kind }
    })
}

/// A way in which a service differs from what the RFCs have it do.
#[derive(Debug, Clone)]
enum Oddity {
    Ids(IdStyle),
    Pages { cap: usize, order: Order, start_index: StartIndex },
    Members(MemberForm),
    UnknownMembers(UnknownMembers),
    HiddenMembers,
    NoGroups { status: u16 },
    NoDelete { users: bool, groups: bool, status: u16 },
    Echo(Echo),
    Discovery(Discovery),
    UnquotedFilters,
    FewOperations,
    Versions(Etag),
    Bulk(Bulk),
}

fn oddity() -> impl Strategy<Value = Oddity> {
    let ids = vec![IdStyle::Integer, IdStyle::Uuid, IdStyle::Awkward];
    let orders = vec![Order::Stable, Order::Shuffled];
    let starts = vec![StartIndex::FromOne, StartIndex::FromZero, StartIndex::PageNumber, StartIndex::Ignored];
    let forms = vec![MemberForm::FilterPath, MemberForm::ValueArray, MemberForm::Never];
    let discoveries = vec![Discovery::Missing, Discovery::Empty, Discovery::Html, Discovery::Status(500)];
    let versions = vec![Etag::InHeader, Etag::Overlooked, Etag::Unmatched, Etag::Refused(400)];
    let bulks = vec![Bulk::Reversed, Bulk::Unnamed, Bulk::Halved, Bulk::Refused(501)];
    prop_oneof![
        prop::sample::select(ids).prop_map(Oddity::Ids),
        (1..6_usize, prop::sample::select(orders), prop::sample::select(starts))
            .prop_map(|(cap, order, start_index)| Oddity::Pages { cap, order, start_index }),
        prop::sample::select(forms).prop_map(Oddity::Members),
        prop::sample::select(vec![UnknownMembers::Accepted, UnknownMembers::Dropped])
            .prop_map(Oddity::UnknownMembers),
        Just(Oddity::HiddenMembers),
        prop::sample::select(vec![404, 501]).prop_map(|status| Oddity::NoGroups { status }),
        (any::<bool>(), any::<bool>(), prop::sample::select(vec![405, 501]))
            .prop_map(|(users, groups, status)| Oddity::NoDelete { users, groups, status }),
        prop::sample::select(vec![Echo::OnlyId, Echo::NoContent]).prop_map(Oddity::Echo),
        prop::sample::select(discoveries).prop_map(Oddity::Discovery),
        Just(Oddity::UnquotedFilters),
        Just(Oddity::FewOperations),
        prop::sample::select(versions).prop_map(Oddity::Versions),
        prop::sample::select(bulks).prop_map(Oddity::Bulk),
    ]
}

/// A remote with one to three oddities.
pub(crate) fn odd_remote() -> impl Strategy<Value = Behaviour> {
    (remote(), prop::collection::vec(oddity(), 1..4))
        .prop_map(|(remote, oddities)| oddities.into_iter().fold(remote, with))
}

fn with(remote: Behaviour, oddity: Oddity) -> Behaviour {
    match oddity {
        Oddity::Ids(ids) => Behaviour { ids, ..remote },
        // Where neither a search nor a walk can find everybody, nobody can be told from who is not there.
        Oddity::Pages { cap, order, start_index } if remote.filter == FilterSupport::Supported => {
            Behaviour { page_cap: Some(cap), order, start_index, ..remote }
        }
        // A group that can only be sent whole must fit in a request.
        Oddity::Members(member_form) if remote.max_members_per_request.is_none() => {
            Behaviour { member_form, ..remote }
        }
        // Whoever is silent about PATCH gets groups whole.
        Oddity::Discovery(discovery) if remote.max_members_per_request.is_none() => {
            Behaviour { discovery, ..remote }
        }
        Oddity::UnquotedFilters if remote.filter == FilterSupport::Supported && remote.page_cap.is_none() => {
            Behaviour { filter: FilterSupport::Unquoted, ..remote }
        }
        Oddity::Pages { .. } | Oddity::Members(_) | Oddity::Discovery(_) | Oddity::UnquotedFilters => remote,
        Oddity::UnknownMembers(unknown_members) => Behaviour { unknown_members, ..remote },
        Oddity::HiddenMembers => Behaviour { hide_members: true, ..remote },
        Oddity::NoGroups { status } => Behaviour { groups_missing: Some(status), ..remote },
        Oddity::NoDelete { users, groups, status } => Behaviour {
            users: Verbs { delete: !users, ..remote.users },
            groups: Verbs { delete: !groups, ..remote.groups },
            refused_verb_status: status,
            ..remote
        },
        Oddity::Echo(echo) => Behaviour { echo, ..remote },
        Oddity::FewOperations => Behaviour { max_patch_operations: Some(2), ..remote },
        Oddity::Versions(etag) => {
            let capabilities = Capabilities { etag: true, ..remote.capabilities };
            Behaviour { etag, capabilities, ..remote }
        }
        Oddity::Bulk(bulk) => {
            let capabilities = Capabilities { bulk: true, bulk_max_operations: 1_000, ..remote.capabilities };
            Behaviour { bulk, capabilities, ..remote }
        }
    }
}
