//! What exists in Scimitar: the directory (users, groups), who may administer it (tokens), who fills it from
//! outside (sources), where it is provisioned to (applications, providers), how (mappings), and what became of it
//! (links, changes, runs).
//!
//! This crate does no IO. Time and ids come through [`Clock`] and [`IdSource`]; credentials are [`Secret`]s,
//! which neither print nor serialise. The types are not wire types: whoever speaks a format owns a
//! counterpart and converts by hand.

#![cfg_attr(doctest, doc = include_str!("../README.md"))]

mod adoption;
mod application;
mod change;
mod clock;
mod drift;
mod exchange;
mod group;
mod guard_event;
mod id_source;
mod ids;
mod leaving;
mod lesson;
mod link;
mod mapping;
mod nesting;
mod oauth;
mod plan;
mod provider;
mod remote_access;
pub mod rules;
mod run;
mod secret;
mod source;
mod source_link;
mod source_log;
mod source_token;
mod token;
mod user;

pub use adoption::{Adoption, AdoptionState, Candidate, MatchKeys, MatchedBy};
pub use application::{Application, ApplicationFields, PolicyEngineMode};
pub use change::{Change, ChangeKind};
pub use clock::{Clock, ManualClock, SystemClock};
pub use drift::{Difference, Drift, DriftCheck, DriftMode};
pub use exchange::KeptExchange;
pub use group::{Group, GroupFields};
pub use guard_event::{GuardDeed, GuardEvent};
pub use id_source::{IdSource, RandomIds, SeededIds};
pub use ids::{
    ApplicationId, GroupId, LinkId, MappingId, ObjectId, ObjectKind, PlanId, ProviderPk, RunId, SourceId,
    SourceTokenId, TokenId, TombstoneId, UserPk, UserUuid,
};
pub use leaving::{Departure, Deprovisioning};
pub use lesson::{Lesson, Taught};
pub use link::{Attempt, FailureClass, Link, LinkState, Tombstone};
pub use mapping::{Mapping, MappingFields, MappingKind};
pub use nesting::NestedGroups;
pub use oauth::{OAuthClient, OAuthFault};
pub use plan::{Plan, PlanCounts, PlanItem, PlanState, PlanStep};
pub use provider::{
    AttachedTo, AuthMode, CompatibilityMode, DurationText, NotADuration, Provider, ProviderFields,
};
pub use remote_access::{LONGEST_PEM, RemoteAccess};
pub use run::{KindCounts, Run, RunCounts, RunState, RunTrigger};
pub use secret::Secret;
pub use source::{DeletePolicy, LinkPolicy, Source, SourceFields};
pub use source_link::{SourceLink, SourceLinkFields, SourceTerms, TermField};
pub use source_log::SourceLogEntry;
pub use source_token::{SourceScope, SourceToken, SourceTokenFields};
pub use token::{Intent, Token, TokenFields};
pub use user::{InstallId, UnknownName, User, UserFields, UserKind};

/// A JSON object, as users, groups and remote resources carry it in `attributes`.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;

/// A moment, in UTC, to the microsecond: what both databases keep.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
