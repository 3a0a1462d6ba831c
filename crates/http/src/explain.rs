//! All faults of a request at once.
//!
//! The database names the first fault that it meets, and is asked only when the fields themselves are good. So
//! when there is a fault, the rest is looked for, which costs the good requests nothing.

use scimitar_store::{Conn, StoreError};

use crate::app::App;
use crate::error::ApiError;
use crate::field_errors::FieldErrors;

/// The error with all faults that `faults` finds, if it is about the caller's fields.
pub(crate) async fn explain<F>(app: &App, error: ApiError, faults: F) -> ApiError
where
    F: Fn(&mut Conn) -> Result<FieldErrors, StoreError> + Send + 'static,
{
    let Some(known) = error.faults() else { return error };
    match app.store.read(faults).await {
        Ok(mut found) => {
            found.complete(known);
            ApiError::Fields(found)
        }
        Err(error) => ApiError::Store(error),
    }
}
