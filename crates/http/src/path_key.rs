//! Keys in paths. One of the wrong form belongs to no object, so it is not found rather than refused.

use uuid::Uuid;

use crate::error::ApiError;

pub fn integer(text: &str) -> Result<i32, ApiError> {
    text.parse().map_err(|_malformed| ApiError::NotFound)
}

pub fn uuid(text: &str) -> Result<Uuid, ApiError> {
    Uuid::try_parse(text).map_err(|_malformed| ApiError::NotFound)
}
