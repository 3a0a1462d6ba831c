//! The outbound engine: what each provider should hold, what that takes, and getting it there.
//!
//! One path leads to every remote call. A change, a schedule, a person and a retry all end in a job that names
//! an object; the job looks at both sides (`desired`, the link), decides (`plan`, pure), acts (`apply`),
//! and records the outcome with the fingerprint of what was acknowledged.
//!
//! - Before a create is sent, the intent is durable; after a lost answer the remote is searched before anything
//!   is sent again.
//! - One object is worked on by one worker at a time: its link is leased.
//! - One failing object stops no other; one failing provider delays no other.

mod absence;
mod access;
mod adopt;
mod announce;
mod apply;
mod applying;
mod asked;
mod batch;
mod bulk;
mod burial;
mod capabilities;
mod context;
mod desired;
mod discover;
mod dispatch;
mod drain;
mod drift;
mod engine;
mod error;
mod explain;
mod failure;
mod fingerprint;
mod foresee;
mod gate;
mod guard;
mod inquiry;
mod lessons;
mod let_go;
mod lookup;
mod measure;
mod members;
mod metrics;
mod outlook;
mod pace;
mod pages;
mod parting;
mod plan;
mod planning;
mod preview;
mod profile;
mod rehearsal;
mod report;
mod retry;
mod roster;
mod run;
mod schedule;
mod scribe;
mod settings;
mod status;
mod subject;
mod together;
mod trace;
mod trial;
mod undeletable;
mod undo;
mod unverified;
mod verbs;
mod versions;
mod view;
mod walk;
mod want;
mod work;

pub use access::access_faults;
pub use announce::{EventType, Webhooks};
pub use applying::{APPLIED_AT_ONCE, NotApplied};
pub use capabilities::{CapabilityReport, KindReport, SaidBy};
pub use desired::Desired;
pub use drain::{DrainView, begin_drain};
pub use engine::{Engine, EngineParts};
pub use error::SyncError;
pub use explain::{Explanation, LinkSeen, MappedAs, Match, StepKind};
pub use fingerprint::Fingerprint;
pub use guard::GuardView;
pub use lookup::StoreLookup;
pub use pace::Pause;
pub use plan::{Step, plan_object};
pub use profile::{Chosen, ChosenBy, Profile, ProfileError, Profiles, Rate};
pub use report::{LogEvent, LogLevel, ObjectReport, Outcome, SyncStatus, TaskState, TaskView};
pub use retry::retry;
pub use settings::{SyncSettings, Watcher};
pub use trial::{Trial, TrialSubject};
pub use undo::{NotUndone, Undoable, Undone};
pub use unverified::unverified_remote;
pub use verbs::Verb;
pub use work::{Work, lane_of};
