//! The wire types of `/api/v3`: what an SDK sees.
//!
//! Component names are those of the documented API. The types carry no behaviour: reading requests leniently,
//! as the documented API does, and filling in answers is the business of the HTTP layer.

mod application;
mod credential;
mod error;
mod group;
mod link;
mod mapping;
mod moment;
mod page;
mod provider;
mod shape;
mod sync;
mod token;
mod used_by;
mod user;

pub use application::{
    Application, ApplicationListParams, ApplicationRequest, PaginatedApplicationList,
    PatchedApplicationRequest, PolicyEngineMode, ThemedUrls,
};
pub use credential::Credential;
pub use error::{GenericError, ValidationError};
pub use group::{
    Group, GroupListParams, GroupMember, GroupRequest, GroupRetrieveParams, PaginatedGroupList,
    PatchedGroupRequest, RelatedGroup, Role, UserAccountRequest,
};
pub use link::{
    PaginatedScimProviderGroupList, PaginatedScimProviderUserList, ScimProviderGroup,
    ScimProviderGroupListParams, ScimProviderGroupRequest, ScimProviderUser, ScimProviderUserListParams,
    ScimProviderUserRequest,
};
pub use mapping::{
    PaginatedScimMappingList, PatchedScimMappingRequest, ScimMapping, ScimMappingListParams,
    ScimMappingRequest,
};
pub use moment::Moment;
pub use page::{PageParams, Paginated, Pagination};
pub use provider::{
    CompatibilityModeEnum, PaginatedScimProviderList, PatchedScimProviderRequest, Provider,
    ScimAuthenticationModeEnum, ScimProvider, ScimProviderListParams, ScimProviderRequest,
};
pub use shape::{attributes, number, read_only_attributes};
pub use sync::{
    LogEvent, LogLevelEnum, SyncObjectModelEnum, SyncObjectRequest, SyncObjectResult, SyncStatus, SystemTask,
    SystemTaskStatusEnum, TaskAggregatedStatusEnum,
};
pub use token::{
    IntentEnum, PaginatedTokenList, PatchedTokenRequest, Token, TokenListParams, TokenRequest,
    TokenSetKeyRequest, TokenView,
};
pub use used_by::{UsedBy, UsedByActionEnum};
pub use user::{
    PaginatedUserList, PatchedUserRequest, SessionUser, User, UserGroup, UserListParams, UserRequest,
    UserSelf, UserSelfGroups, UserSelfRoles, UserServiceAccountRequest, UserServiceAccountResponse,
    UserTypeEnum,
};

/// A JSON object of any content.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;
