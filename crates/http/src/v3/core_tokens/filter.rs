//! How a list of tokens is narrowed down.

use scimitar_store::tokens::TokenFilter;

use crate::error::ApiError;
use crate::field_errors::FieldErrors;
use crate::params::Params;

pub(super) fn read(params: &Params) -> Result<TokenFilter, ApiError> {
    let mut errors = FieldErrors::default();
    let filter = TokenFilter {
        identifier: params.owned("identifier"),
        intent: params.choice("intent", &mut errors),
        user_username: params.owned("user__username"),
        description: params.owned("description"),
        expires: params.moment("expires", &mut errors),
        expiring: params.flag("expiring"),
        managed: params.owned("managed"),
    };
    errors.accept(filter)
}
