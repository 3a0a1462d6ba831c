//! Every way in which a request to `/api/v3` can fail, and what the caller is told.
//!
//! This is the one place where failures of our own are logged.

use std::error::Error;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

use scimitar_api::GenericError;
use scimitar_store::{StoreError, Unique};
use scimitar_sync::SyncError;

use crate::field_errors::{FieldErrors, WHOLE};

/// For how many seconds a caller should leave us alone when the database cannot keep up.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// What a handler answers instead of the resource. `Display` is what the caller reads.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("Authentication credentials were not provided.")]
    NotAuthenticated,
    #[error("{0}")]
    AuthenticationFailed(&'static str),
    #[error("You do not have permission to perform this action.")]
    PermissionDenied,
    /// The addressed object does not exist, or not for this caller.
    #[error("No {} matches the given query.", .0.as_str())]
    NoMatch(Model),
    /// Nothing can have this address.
    #[error("Not found.")]
    NotFound,
    #[error("Invalid page.")]
    InvalidPage,
    #[error("Method \"{method}\" not allowed.")]
    MethodNotAllowed { method: String, allow: HeaderValue },
    #[error("Could not satisfy the request Accept header.")]
    NotAcceptable,
    #[error("Unsupported media type \"{0}\" in request.")]
    UnsupportedMediaType(String),
    #[error("Request body exceeds {0} bytes.")]
    TooLarge(usize),
    #[error("Request body ended before it was complete.")]
    Interrupted,
    #[error("JSON parse error - {0}")]
    Malformed(#[source] serde_json::Error),
    #[error("Invalid input.")]
    Fields(FieldErrors),
    /// Faults of a filter that belong to no field.
    #[error("{0}")]
    Filter(&'static str),
    #[error("The service cannot answer at the moment.")]
    Store(#[from] StoreError),
    #[error("The service cannot answer at the moment.")]
    Sync(#[from] SyncError),
    /// The server was put together without its state.
    #[error("The service is not set up.")]
    NoState,
}

/// What kind of object was looked for, as the documented messages name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    User,
    Group,
    Token,
    Application,
    ScimProvider,
    ScimPlan,
    ScimProviderUser,
    ScimProviderGroup,
    ScimMapping,
    /// Of any kind.
    Provider,
    /// Of any kind.
    PropertyMapping,
    /// Of any kind.
    Source,
    ScimSource,
    ScimSourceUser,
    ScimSourceGroup,
    ScimSourceToken,
    ScimSourcePropertyMapping,
}

impl Model {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Token => "Token",
            Self::Application => "Application",
            Self::ScimProvider => "SCIMProvider",
            Self::ScimPlan => "SCIMPlan",
            Self::ScimProviderUser => "SCIMProviderUser",
            Self::ScimProviderGroup => "SCIMProviderGroup",
            Self::ScimMapping => "SCIMMapping",
            Self::Provider => "Provider",
            Self::PropertyMapping => "PropertyMapping",
            Self::Source => "Source",
            Self::ScimSource => "SCIMSource",
            Self::ScimSourceUser => "SCIMSourceUser",
            Self::ScimSourceGroup => "SCIMSourceGroup",
            Self::ScimSourceToken => "SCIMSourceToken",
            Self::ScimSourcePropertyMapping => "SCIMSourcePropertyMapping",
        }
    }
}

impl ApiError {
    /// One fault of one field.
    pub fn field(field: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self::Fields(FieldErrors::of(field, sentence))
    }

    /// One fault that concerns no single field.
    pub fn whole(sentence: impl Into<String>) -> Self {
        Self::field(WHOLE, sentence)
    }

    /// The faults of the caller's fields, if it is they.
    pub fn faults(&self) -> Option<FieldErrors> {
        match self {
            Self::Fields(errors) => Some(errors.clone()),
            Self::Store(error) => match judge(error) {
                Judged::Fields(errors) => Some(errors),
                Judged::NotFound(_) | Judged::InvalidPage | Judged::Later | Judged::Broken => None,
            },
            _about_something_else => None,
        }
    }

    fn log(&self) {
        if self.status_code().is_server_error() {
            tracing::error!(error = chain(self), "request failed");
        }
    }
}

/// A store error is the caller's fault, the object's absence, or trouble of our own.
enum Judged {
    Fields(FieldErrors),
    NotFound(Option<Model>),
    InvalidPage,
    Later,
    Broken,
}

fn judge(error: &StoreError) -> Judged {
    match error {
        StoreError::Taken(unique) => {
            let (field, sentence) = taken(*unique);
            Judged::Fields(FieldErrors::of(field, sentence))
        }
        StoreError::Missing { field, key } => Judged::Fields(FieldErrors::of(*field, unknown_reference(key))),
        StoreError::Circle => {
            Judged::Fields(FieldErrors::of("parent", "Cannot set group as parent of itself."))
        }
        StoreError::NotFound(what) => Judged::NotFound(model(what)),
        StoreError::InvalidPage => Judged::InvalidPage,
        StoreError::Unavailable { source: _ } | StoreError::Overloaded | StoreError::Closed => Judged::Later,
        StoreError::Panicked
        | StoreError::Inconsistent { table: _, column: _, row: _ }
        | StoreError::Migration(_)
        | StoreError::Newer(_)
        | StoreError::Older(_)
        | StoreError::Sealed(_)
        | StoreError::NotHashed
        | StoreError::UnknownAddress
        | StoreError::Internal(_) => Judged::Broken,
    }
}

/// Whether the store may be able to do it in a moment.
pub(crate) fn is_for_later(error: &StoreError) -> bool {
    matches!(judge(error), Judged::Later)
}

/// The model by the store's word for it. Links are of two models, so they go without.
fn model(word: &str) -> Option<Model> {
    match word {
        "user" => Some(Model::User),
        "group" => Some(Model::Group),
        "token" => Some(Model::Token),
        "application" => Some(Model::Application),
        "provider" => Some(Model::ScimProvider),
        "mapping" => Some(Model::PropertyMapping),
        "source" => Some(Model::ScimSource),
        "source token" => Some(Model::ScimSourceToken),
        _other => None,
    }
}

/// The field and the sentence for a value that another object has.
pub(crate) fn taken(unique: Unique) -> (&'static str, &'static str) {
    match unique {
        Unique::Username => ("username", "This field must be unique."),
        Unique::UserUuid => ("uuid", "This field must be unique."),
        Unique::GroupName => ("name", "This field must be unique."),
        Unique::TokenIdentifier => ("identifier", "Token with this identifier already exists."),
        Unique::TokenManaged => ("managed", "Token with this Managed by authentik already exists."),
        Unique::TokenKey => ("key", "Token with this key already exists."),
        Unique::ApplicationSlug => ("slug", "Application with this slug already exists."),
        Unique::ApplicationProvider => ("provider", "Application with this provider already exists."),
        Unique::ProviderName => ("name", "provider with this name already exists."),
        Unique::MappingName => ("name", "Property Mapping with this name already exists."),
        Unique::MappingManaged => {
            ("managed", "Property Mapping with this Managed by authentik already exists.")
        }
        // The connections of groups say `group` here; their handlers put that right.
        Unique::LinkObject | Unique::LinkRemote => {
            (WHOLE, "The fields scim_id, user, provider must make a unique set.")
        }
        Unique::SourceTokenName => ("name", "This source has a token with this name already."),
        Unique::SourceSlug => ("slug", "source with this slug already exists."),
        // So do those of sources.
        Unique::SourceLinkId => ("id", "scim source user with this id already exists."),
        Unique::SourceLinkObject => (WHOLE, "The fields user, source must make a unique set."),
        Unique::SourceLinkExternalId => (WHOLE, "The fields external_id, source must make a unique set."),
        Unique::SourceLinkUserName => {
            ("attributes", "A user of this source with this userName already exists.")
        }
    }
}

/// The sentence for a reference to something that does not exist.
pub(crate) fn unknown_reference(key: &str) -> String {
    format!("Invalid pk \"{key}\" - object does not exist.")
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotAuthenticated | Self::AuthenticationFailed(_) | Self::PermissionDenied => {
                StatusCode::FORBIDDEN
            }
            Self::NoMatch(_) | Self::NotFound | Self::InvalidPage => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { method: _, allow: _ } => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Interrupted | Self::Malformed(_) | Self::Fields(_) | Self::Filter(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::Store(error) => match judge(error) {
                Judged::Fields(_) => StatusCode::BAD_REQUEST,
                Judged::NotFound(_) | Judged::InvalidPage => StatusCode::NOT_FOUND,
                Judged::Later => StatusCode::SERVICE_UNAVAILABLE,
                Judged::Broken => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Self::Sync(SyncError::Store(error)) => match judge(error) {
                Judged::Later => StatusCode::SERVICE_UNAVAILABLE,
                Judged::NotFound(_) => StatusCode::NOT_FOUND,
                Judged::Fields(_) | Judged::InvalidPage | Judged::Broken => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Self::Sync(SyncError::Mapping(_) | SyncError::Client(_) | SyncError::Job(_)) | Self::NoState => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    fn error_response(&self) -> HttpResponse {
        self.log();
        let status = self.status_code();
        let answer = |headers: &[(HeaderName, HeaderValue)]| {
            let body = GenericError::new(self.to_string());
            respond(status, headers, &body)
        };
        match self {
            Self::Fields(errors) => respond(status, &[], errors),
            Self::Filter(sentence) => respond(status, &[], &[sentence]),
            Self::MethodNotAllowed { method: _, allow } => answer(&[(ALLOW, allow.clone())]),
            Self::Store(error) | Self::Sync(SyncError::Store(error)) => match judge(error) {
                Judged::Fields(errors) => respond(status, &[], &errors),
                Judged::NotFound(model) => {
                    let error = model.map_or(Self::NotFound, Self::NoMatch);
                    respond(status, &[], &GenericError::new(error.to_string()))
                }
                Judged::InvalidPage => {
                    respond(status, &[], &GenericError::new(Self::InvalidPage.to_string()))
                }
                Judged::Later => answer(&[(RETRY_AFTER, RETRY_AFTER_SECONDS)]),
                Judged::Broken => answer(&[]),
            },
            Self::NotAuthenticated
            | Self::AuthenticationFailed(_)
            | Self::PermissionDenied
            | Self::NoMatch(_)
            | Self::NotFound
            | Self::InvalidPage
            | Self::NotAcceptable
            | Self::UnsupportedMediaType(_)
            | Self::TooLarge(_)
            | Self::Interrupted
            | Self::Malformed(_)
            | Self::Sync(SyncError::Mapping(_) | SyncError::Client(_) | SyncError::Job(_))
            | Self::NoState => answer(&[]),
        }
    }
}

fn respond(
    status: StatusCode,
    headers: &[(HeaderName, HeaderValue)],
    body: &(impl Serialize + ?Sized),
) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    for (name, value) in headers {
        response.insert_header((name.clone(), value.clone()));
    }
    response.json(body)
}

/// An error and what lies behind it, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        line.push_str(": ");
        line.push_str(&source.to_string());
        next = source.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: impl Into<ApiError>, expected: u16) {
        let error: ApiError = error.into();
        assert_eq!(error.status_code().as_u16(), expected, "{error:?}");
        assert_eq!(error.error_response().status().as_u16(), expected, "{error:?}");
    }

    #[test]
    fn store_errors_become_what_the_caller_can_act_on() {
        check(StoreError::Taken(Unique::Username), 400);
        check(StoreError::Missing { field: "groups", key: "7".into() }, 400);
        check(StoreError::Circle, 400);
        check(StoreError::NotFound("user"), 404);
        check(StoreError::InvalidPage, 404);
        check(StoreError::Overloaded, 503);
        check(StoreError::Closed, 503);
        check(StoreError::Unavailable { source: "disk full".into() }, 503);
        check(StoreError::Panicked, 500);
    }

    #[test]
    fn a_refusal_for_the_moment_says_when_to_come_back() {
        let answer = ApiError::from(StoreError::Overloaded).error_response();
        assert_eq!(answer.headers().get(RETRY_AFTER), Some(&RETRY_AFTER_SECONDS));
    }
}
