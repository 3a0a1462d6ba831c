//! The wire types of `/api/v3`: what an SDK sees.
//!
//! Component names are those of the documented API. The types carry no behaviour: reading requests leniently,
//! as the documented API does, and filling in answers is the business of the HTTP layer.

#![cfg_attr(doctest, doc = include_str!("../README.md"))]

mod adoption;
mod application;
mod capabilities;
mod credential;
mod drain;
mod drift;
mod error;
mod explain;
mod failure;
mod group;
mod guard;
mod link;
mod mapping;
mod moment;
mod page;
mod plan;
mod provider;
mod service;
mod shape;
mod source;
mod source_link;
mod source_log;
mod source_token;
mod sync;
mod token;
mod type_create;
mod undo;
mod used_by;
mod user;

pub use adoption::{
    AdoptionCandidate, AdoptionStateEnum, MatchedByEnum, PaginatedScimProviderAdoptionList,
    ScimProviderAdoption, ScimProviderAdoptionParams, ScimProviderAdoptionRequest,
};
pub use application::{
    Application, ApplicationListParams, ApplicationRequest, PaginatedApplicationList,
    PatchedApplicationRequest, PolicyEngineMode, ThemedUrls,
};
pub use capabilities::{
    ScimChangeVerbEnum, ScimProfile, ScimProfileChosenByEnum, ScimProviderCapabilities,
    ScimProviderKindCapabilities, ScimProviderLesson, ScimServiceProviderConfigByEnum,
};
pub use credential::Credential;
pub use drain::ScimDrain;
pub use drift::{
    DriftDifference, DriftStatus, PaginatedScimProviderDriftList, ScimProviderDrift, ScimProviderDriftRequest,
};
pub use error::{GenericError, ValidationError};
pub use explain::{
    ScimAttempt, ScimExchange, ScimExplainParams, ScimExplainedLink, ScimExplainedMapping,
    ScimExplainedMatch, ScimExplanation, ScimMappingOutcomeEnum, ScimMatchOutcomeEnum, ScimStepEnum,
};
pub use failure::{
    PaginatedScimProviderFailureList, ScimProviderFailure, ScimProviderRetryObject, ScimProviderRetryRequest,
    ScimProviderRetryResult,
};
pub use group::{
    Group, GroupListParams, GroupMember, GroupRequest, GroupRetrieveParams, PaginatedGroupList,
    PatchedGroupRequest, RelatedGroup, Role, UserAccountRequest,
};
pub use guard::{ScimGuard, ScimGuardEvent, ScimGuardRejectRequest, ScimGuardRejected};
pub use link::{
    PaginatedScimProviderGroupList, PaginatedScimProviderUserList, ScimProviderGroup,
    ScimProviderGroupListParams, ScimProviderGroupRequest, ScimProviderUser, ScimProviderUserListParams,
    ScimProviderUserRequest,
};
pub use mapping::{
    PaginatedPropertyMappingList, PaginatedScimMappingList, PaginatedScimSourcePropertyMappingList,
    PatchedScimMappingRequest, PatchedScimSourcePropertyMappingRequest, PropertyMapping,
    PropertyMappingListParams, PropertyMappingTestParams, PropertyMappingTestRequest,
    PropertyMappingTestResult, ScimMapping, ScimMappingListParams, ScimMappingRequest,
    ScimSourcePropertyMapping, ScimSourcePropertyMappingListParams, ScimSourcePropertyMappingRequest,
};
pub use moment::Moment;
pub use page::{PageParams, Paginated, Pagination};
pub use plan::{
    PaginatedScimPlanList, ScimPlan, ScimPlanApplyRequest, ScimPlanCounts, ScimPlanDifference, ScimPlanItem,
    ScimPlanMembers, ScimPlanPage,
};
pub use provider::{
    CompatibilityModeEnum, DeprovisioningEnum, DriftCheckEnum, NestedGroupsEnum, PaginatedProviderList,
    PaginatedScimProviderList, PatchedScimProviderRequest, Provider, ProviderListParams,
    ScimAuthenticationModeEnum, ScimProvider, ScimProviderListParams, ScimProviderRequest,
};
pub use service::{CapabilitiesEnum, Config, ErrorReportingConfig, Version};
pub use shape::{any, attributes, number, read_only_attributes};
pub use source::{
    DeletePolicyEnum, LinkPolicyEnum, PaginatedScimSourceList, PaginatedSourceList, PatchedScimSourceRequest,
    ScimSource, ScimSourceListParams, ScimSourceRequest, Source, SourceListParams, UserMatchingModeEnum,
};
pub use source_link::{
    PaginatedScimSourceGroupList, PaginatedScimSourceUserList, PatchedScimSourceGroupRequest,
    PatchedScimSourceUserRequest, ScimSourceGroup, ScimSourceGroupListParams, ScimSourceGroupRequest,
    ScimSourceUser, ScimSourceUserListParams, ScimSourceUserRequest,
};
pub use source_log::{PaginatedScimSourceLogEntryList, ScimSourceLogEntry, ScimSourceLogParams};
pub use source_token::{ScimSourceToken, ScimSourceTokenCreated, ScimSourceTokenRequest};
pub use sync::{
    LogEvent, LogLevelEnum, PaginatedScimRunList, ScimRun, ScimRunCounts, ScimRunStateEnum,
    ScimRunTriggerEnum, SyncObjectModelEnum, SyncObjectRequest, SyncObjectResult, SyncStatus, SystemTask,
    SystemTaskStatusEnum, TaskAggregatedStatusEnum,
};
pub use token::{
    IntentEnum, PaginatedTokenList, PatchedTokenRequest, Token, TokenListParams, TokenRequest,
    TokenSetKeyRequest, TokenView,
};
pub use type_create::TypeCreate;
pub use undo::{ScimTaken, ScimUndo, ScimUndoable};
pub use used_by::{UsedBy, UsedByActionEnum};
pub use user::{
    PaginatedUserList, PatchedUserRequest, SessionUser, User, UserGroup, UserListParams,
    UserPasswordSetRequest, UserRequest, UserSelf, UserSelfGroups, UserSelfRoles, UserServiceAccountRequest,
    UserServiceAccountResponse, UserTypeEnum,
};

/// A JSON object of any content.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;
