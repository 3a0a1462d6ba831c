//! How the fake behaves. The default is a healthy service without limits.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::FaultKind;
use super::rate::Rate;

/// All knobs. Read as JSON, absent members mean their default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// Of the dice that decide random faults and shuffled pages.
    pub seed: u64,
    /// How many of a hundred requests meet one of `faults`.
    pub fault_percent: u8,
    /// The mixture. A kind that stands here twice comes twice as often; kinds that make no sense for a
    /// request (a missing id in the answer to a DELETE) are left out of its draw.
    pub faults: Vec<FaultKind>,

    /// What `ServiceProviderConfig` claims. What is true stands in the fields below.
    pub capabilities: Capabilities,
    pub discovery: Discovery,
    /// Where the configuration is found; Salesforce has `/ServiceProviderConfigs`.
    pub discovery_path: String,

    pub users: Verbs,
    pub groups: Verbs,
    /// There are no groups: this status for whatever is asked of them.
    pub groups_missing: Option<u16>,
    /// The status for a verb that is switched off.
    pub refused_verb_status: u16,
    pub bulk: Bulk,
    /// Operations in one request that are taken; otherwise what `capabilities` claims.
    pub max_bulk_operations: Option<usize>,

    pub filter: FilterSupport,
    /// A filter does not see resources younger than this.
    pub filter_lag_ms: u64,
    pub uniqueness: Uniqueness,
    /// Page size that a client cannot exceed.
    pub page_cap: Option<usize>,
    pub order: Order,
    pub start_index: StartIndex,

    pub max_members_per_request: Option<usize>,
    pub too_many_members: TooManyMembers,
    pub unknown_members: UnknownMembers,
    pub member_form: MemberForm,
    /// Never show `members`, as Entra and others do for large groups.
    pub hide_members: bool,
    pub max_patch_operations: Option<usize>,
    pub max_body_bytes: Option<usize>,

    pub echo: Echo,
    pub etag: Etag,
    pub ids: IdStyle,
    /// Attributes that are accepted and silently forgotten.
    pub dropped_attributes: Vec<String>,
    /// Store `userName` in lower case, as many services do.
    pub fold_user_names: bool,

    /// What `Authorization: Bearer` must carry; `None` lets everybody in.
    pub token: Option<String>,
    /// Time between the commit and the answer of every request.
    pub latency_ms: u64,
    /// A real rate limit: 429 with `Retry-After` for what exceeds it.
    pub rate: Option<Rate>,
    /// Remember each request. Counters are kept in any case.
    pub record: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            seed: 0,
            fault_percent: 0,
            faults: FaultKind::mixture(),
            capabilities: Capabilities::default(),
            discovery: Discovery::Full,
            discovery_path: "/ServiceProviderConfig".to_owned(),
            users: Verbs::default(),
            groups: Verbs::default(),
            groups_missing: None,
            refused_verb_status: 405,
            bulk: Bulk::Refused(501),
            max_bulk_operations: None,
            filter: FilterSupport::Supported,
            filter_lag_ms: 0,
            uniqueness: Uniqueness::ENFORCED,
            page_cap: None,
            order: Order::Stable,
            start_index: StartIndex::FromOne,
            max_members_per_request: None,
            too_many_members: TooManyMembers::PayloadTooLarge,
            unknown_members: UnknownMembers::Refused,
            member_form: MemberForm::Any,
            hide_members: false,
            max_patch_operations: None,
            max_body_bytes: None,
            echo: Echo::Full,
            etag: Etag::Absent,
            ids: IdStyle::Text,
            dropped_attributes: Vec::new(),
            fold_user_names: false,
            token: None,
            latency_ms: 0,
            rate: None,
            record: true,
        }
    }
}

impl Behaviour {
    /// `percent` of the requests meet one of [`FaultKind::mixture`].
    pub fn hostile(seed: u64, percent: u8) -> Self {
        Self { seed, fault_percent: percent, ..Self::default() }
    }

    /// A service that neither has PATCH nor claims to.
    pub fn without_patch() -> Self {
        let verbs = Verbs { patch: false, ..Verbs::default() };
        let capabilities = Capabilities { patch: false, ..Capabilities::default() };
        Self { users: verbs, groups: verbs, capabilities, ..Self::default() }
    }

    /// A service that refuses filters and says so.
    pub fn without_filter() -> Self {
        let capabilities = Capabilities { filter: false, ..Capabilities::default() };
        Self { filter: FilterSupport::Refused, capabilities, ..Self::default() }
    }

    /// A service that tells versions, and keeps to those that it is told.
    pub fn with_versions() -> Self {
        let capabilities = Capabilities { etag: true, ..Capabilities::default() };
        Self { etag: Etag::Kept, capabilities, ..Self::default() }
    }

    /// A service that takes many changes in one request, and says so.
    pub fn with_bulk() -> Self {
        let capabilities = Capabilities { bulk: true, bulk_max_operations: 1_000, ..Capabilities::default() };
        Self { bulk: Bulk::Served, capabilities, ..Self::default() }
    }

    /// A service that takes the same user any number of times.
    pub fn without_uniqueness() -> Self {
        Self { uniqueness: Uniqueness::NONE, ..Self::default() }
    }
}

/// What `ServiceProviderConfig` claims (RFC 7643 §5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Capabilities {
    pub patch: bool,
    pub filter: bool,
    /// `filter.maxResults`, which is also what a filtered page holds at most.
    pub filter_max: usize,
    pub etag: bool,
    pub bulk: bool,
    pub bulk_max_operations: usize,
    /// In bytes. What is longer is refused.
    pub bulk_max_payload: usize,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            patch: true,
            filter: true,
            filter_max: 200,
            etag: false,
            bulk: false,
            bulk_max_operations: 0,
            bulk_max_payload: 1_048_576,
        }
    }
}

/// What becomes of many requests in one (RFC 7644 §3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bulk {
    /// This status for the whole.
    Refused(u16),
    /// Each gets its result, in order.
    Served,
    /// The last one's result comes first.
    Reversed,
    /// Only those of creates carry their `bulkId`, which is all that the RFC requires.
    Unnamed,
    /// All is done, and the second half of the results is left out.
    Halved,
}

/// How the configuration is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discovery {
    Full,
    /// 404.
    Missing,
    /// `{}`.
    Empty,
    /// Without this member; a reader that insists on all of them loses the others too.
    Without(String),
    /// This document.
    Exactly(Value),
    /// A login page with status 200.
    Html,
    /// An error of this status.
    Status(u16),
}

/// The verbs on one resource that work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Verbs {
    pub put: bool,
    pub patch: bool,
    pub delete: bool,
}

impl Default for Verbs {
    fn default() -> Self {
        Self { put: true, patch: true, delete: true }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterSupport {
    Supported,
    /// 400 `invalidFilter`.
    Refused,
    /// The filter is overlooked and everything is listed.
    Ignored,
    /// Every filter finds nothing, as services do that index no such attribute.
    Blind,
    /// Values stand without quotes (`userName eq ada`); with them it is 400 `invalidFilter`.
    Unquoted,
}

/// What two resources of a kind cannot share; a second one gets 409 `uniqueness`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Uniqueness {
    /// Of users, without regard to case.
    pub user_name: bool,
    /// Of groups, without regard to case.
    pub display_name: bool,
    /// Within a kind, to the letter.
    pub external_id: bool,
}

impl Uniqueness {
    pub const ENFORCED: Self = Self { user_name: true, display_name: false, external_id: false };
    pub const NONE: Self = Self { user_name: false, display_name: false, external_id: false };
}

impl Default for Uniqueness {
    fn default() -> Self {
        Self::ENFORCED
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// By creation.
    Stable,
    /// Another one for each page, so that paging misses some and repeats others.
    Shuffled,
}

/// How `startIndex` is read (RFC 7644 §3.4.2.4: the first resource is 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartIndex {
    FromOne,
    /// The first resource is 0.
    FromZero,
    /// The number of a page, the first one being 1.
    PageNumber,
    /// It is always the first page.
    Ignored,
}

impl StartIndex {
    /// How many resources stand before the page that is asked for.
    pub(super) fn skipped(self, asked: Option<usize>, count: usize) -> usize {
        match self {
            Self::FromOne => asked.unwrap_or(1).saturating_sub(1),
            Self::FromZero => asked.unwrap_or(0),
            Self::PageNumber => asked.unwrap_or(1).saturating_sub(1).saturating_mul(count),
            Self::Ignored => 0,
        }
    }
}

/// The answer to more members than `max_members_per_request`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TooManyMembers {
    /// 413.
    PayloadTooLarge,
    /// 400 `tooMany`.
    TooMany,
}

/// What becomes of a member that is neither user nor group here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownMembers {
    /// 400 `invalidValue`.
    Refused,
    /// Stored like any other.
    Accepted,
    /// Left out without a word.
    Dropped,
}

/// The form in which members can be removed by PATCH.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberForm {
    Any,
    /// `members[value eq "…"]` only (RFC 7644 §3.5.2.2).
    FilterPath,
    /// `members` with a `value` array only, as Entra sends it.
    ValueArray,
    /// Neither.
    Never,
}

/// What stands in the answer to a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Echo {
    /// The whole resource; a PATCH of a group, which may be large, gets 204.
    Full,
    /// `{"id": …}` and nothing else.
    OnlyId,
    /// 204 to PUT and PATCH. A POST must tell the id and answers in full.
    NoContent,
}

/// What becomes of versions (RFC 7644 §3.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Etag {
    /// There are none, and `If-Match` is overlooked.
    Absent,
    /// Weak ones stand in `meta.version` and in the header of each answer about one resource; `If-Match` holds.
    Kept,
    /// The same, in the header alone.
    InHeader,
    /// They are shown, and `If-Match` is overlooked.
    Overlooked,
    /// They are shown, and `If-Match` finds none of them: 412, as the letter of RFC 9110 has it for weak ones.
    Unmatched,
    /// They are shown, and `If-Match` gets this status.
    Refused(u16),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdStyle {
    /// `u1`, `g1`: made to be read in transcripts.
    Text,
    /// JSON numbers, which RFC 7643 §3.1 does not allow and some services send.
    Integer,
    /// What looks like random UUIDs; from the seed.
    Uuid,
    /// Text that must be encoded before it goes into a path or a filter.
    Awkward,
}
