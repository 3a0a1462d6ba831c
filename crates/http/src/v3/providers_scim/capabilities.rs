//! `/providers/scim/{id}/capabilities/`: what a provider's remote can do, and how that is known.

use actix_web::{HttpResponse, delete, get, web};
use serde::Serialize;
use serde_json::Value;

use scimitar_api::{
    GenericError, JsonObject, ScimChangeVerbEnum, ScimProfileChosenByEnum, ScimProviderCapabilities,
    ScimProviderKindCapabilities, ScimProviderLesson, ScimServiceProviderConfigByEnum, ValidationError,
};
use scimitar_domain::Lesson;
use scimitar_sync::{CapabilityReport, ChosenBy, KindReport, SaidBy, Verb};

use super::sync::existing;
use crate::app::App;
use crate::caller::Admin;
use crate::error::{ApiError, Model};

/// Show what is known of a provider's remote: what it says, what is known of its vendor, what it has refused, and
/// what comes of it. Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_capabilities_retrieve",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 200, body = ScimProviderCapabilities, description = "What is known of the remote"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim/{id}/capabilities/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<ScimProviderCapabilities>, ApiError> {
    let provider = existing(&app, &id).await?;
    let report = app.engine.capabilities(provider).await?.ok_or(ApiError::NoMatch(Model::ScimProvider))?;
    Ok(web::Json(shown(report)))
}

/// Forget what a remote has refused, so that it is asked for everything again. Scimitar's own; authentik has no such
/// operation.
#[utoipa::path(
    operation_id = "providers_scim_capabilities_destroy",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 204, description = "Forgotten"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[delete("/providers/scim/{id}/capabilities/")]
pub(crate) async fn destroy(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let provider = existing(&app, &id).await?;
    app.engine.forget_lessons(provider).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn shown(report: CapabilityReport) -> ScimProviderCapabilities {
    let (profile, by, settings) = match report.profile {
        Some(chosen) => (chosen.name, chosen.by, object(chosen.profile.as_ref())),
        None => (String::new(), ChosenBy::Profile, JsonObject::new()),
    };
    ScimProviderCapabilities {
        warnings: report.warnings,
        profile,
        profile_chosen_by: match by {
            ChosenBy::Profile => ScimProfileChosenByEnum::Profile,
            ChosenBy::CompatibilityMode => ScimProfileChosenByEnum::CompatibilityMode,
            ChosenBy::Host => ScimProfileChosenByEnum::Host,
            ChosenBy::Default => ScimProfileChosenByEnum::Default,
        },
        profile_settings: settings,
        service_provider_config_by: match report.said_by {
            SaidBy::Remote => ScimServiceProviderConfigByEnum::Remote,
            SaidBy::Override => ScimServiceProviderConfigByEnum::Override,
            SaidBy::Nobody => ScimServiceProviderConfigByEnum::Nobody,
        },
        service_provider_config: report.said.as_ref().map(object).unwrap_or_default(),
        service_provider_config_error: report.trouble.unwrap_or_default(),
        learned: report.learned.into_iter().map(lesson).collect(),
        users: kind(report.users),
        groups: kind(report.groups),
        members_by: verb(if report.members_by_patch { Verb::Patch } else { Verb::Put }),
        operations_per_request: i64::try_from(report.operations_per_request).unwrap_or(i64::MAX),
        members_per_request: i64::try_from(report.members_per_request).unwrap_or(i64::MAX),
    }
}

pub(super) fn object(value: &impl Serialize) -> JsonObject {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => object,
        // Neither a profile nor capabilities are anything else.
        Ok(_) | Err(_) => JsonObject::new(),
    }
}

fn kind(report: KindReport) -> ScimProviderKindCapabilities {
    let change = report.change.into_iter().map(verb).collect();
    ScimProviderKindCapabilities { offered: report.offered, change, filter: report.filter, etag: report.etag }
}

fn verb(verb: Verb) -> ScimChangeVerbEnum {
    match verb {
        Verb::Patch => ScimChangeVerbEnum::Patch,
        Verb::Put => ScimChangeVerbEnum::Put,
    }
}

fn lesson(lesson: Lesson) -> ScimProviderLesson {
    ScimProviderLesson {
        kind: lesson.kind.as_str().to_owned(),
        lesson: lesson.taught.as_str().to_owned(),
        value: lesson.taught.value(),
        detail: lesson.detail,
        learned_at: lesson.learned_at.into(),
    }
}
