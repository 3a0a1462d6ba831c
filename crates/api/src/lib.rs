//! The wire types of `/api/v3`: what an SDK sees.
//!
//! Component names are those of the documented API. The types carry no behaviour: reading requests leniently,
//! as the documented API does, and filling in answers is the business of the HTTP layer.

mod error;
mod group;
mod moment;
mod page;
mod shape;
mod token;
mod used_by;
mod user;

pub use error::{GenericError, ValidationError};
pub use group::{
    Group, GroupListParams, GroupMember, GroupRequest, GroupRetrieveParams, PaginatedGroupList,
    PatchedGroupRequest, RelatedGroup, Role, UserAccountRequest,
};
pub use moment::Moment;
pub use page::{PageParams, Paginated, Pagination};
pub use shape::{attributes, number};
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
