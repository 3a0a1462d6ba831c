//! `/sources/scim/{slug}/log/`: what the source's client has asked of late, and what became of it.

use actix_web::{get, web};

use scimitar_api::{
    GenericError, PageParams, PaginatedScimSourceLogEntryList, ScimSourceLogEntry, ScimSourceLogParams,
    ValidationError,
};
use scimitar_domain::SourceLogEntry;
use scimitar_store::source_log::{self, SourceLogFilter};
use scimitar_store::sources;

use crate::app::App;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::field_errors::FieldErrors;
use crate::page;
use crate::params::Params;

/// List what a SCIM source's client has asked of late, the newest first.
///
/// The newest 10,000 requests of 30 days are kept. Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "sources_scim_log_list",
    tag = "sources",
    params(("slug" = String, Path, description = "The source's slug"), ScimSourceLogParams, PageParams),
    responses(
        (status = 200, body = PaginatedScimSourceLogEntryList, description = "One page of the log"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such source"),
    ),
    security(("authentik" = [])),
)]
#[get("/sources/scim/{slug}/log/")]
pub(crate) async fn log(
    _: Admin,
    app: web::Data<App>,
    slug: web::Path<String>,
    params: Params,
) -> Result<web::Json<PaginatedScimSourceLogEntryList>, ApiError> {
    let mut errors = FieldErrors::default();
    let status = params.number("status", &mut errors);
    let status = status.map(|status| i32::try_from(status).unwrap_or(i32::MAX));
    let filter = errors.accept(SourceLogFilter { status, object: params.owned("object") })?;
    let request = page::request(&params, app.page_size_cap)?;
    let found = app
        .store
        .read(move |conn| {
            let source = sources::find_by_slug(conn, &slug)?.ok_or(ApiError::NoMatch(Model::ScimSource))?;
            Ok::<_, ApiError>(source_log::page(conn, source.id, &filter, &request)?)
        })
        .await?;
    let shown = found.rows.iter().cloned().map(|(pk, entry)| shown(pk, entry)).collect();
    Ok(web::Json(page::paginated(&found, shown)))
}

fn shown(pk: i64, entry: SourceLogEntry) -> ScimSourceLogEntry {
    ScimSourceLogEntry {
        pk,
        timestamp: entry.at.into(),
        method: entry.method,
        path: entry.path,
        client: entry.client,
        status: entry.status,
        duration: std::time::Duration::from_micros(entry.micros.unsigned_abs()).as_secs_f64(),
        object: entry.object,
        detail: entry.detail.as_object().cloned().unwrap_or_default(),
    }
}
