//! `/providers/scim/{id}/sync/`: bring one object in step now; how the full syncs went.

use actix_web::{get, post, web};
use uuid::Uuid;

use scimitar_api::{
    GenericError, LogLevelEnum, SyncObjectModelEnum, SyncObjectRequest, SyncObjectResult, SyncStatus,
    SystemTask, SystemTaskStatusEnum, TaskAggregatedStatusEnum, ValidationError,
};
use scimitar_domain::{GroupId, JsonObject, ObjectId, ProviderPk, Timestamp, UserPk};
use scimitar_store::providers;
use scimitar_sync::{LogEvent, LogLevel, TaskState, TaskView};

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::fields::{Mode, Reader};
use crate::path_key;

/// What full syncs are called.
const TASK: &str = "scim_sync";

/// Sync one user or group now, and tell what was worth telling.
#[utoipa::path(
    operation_id = "providers_scim_sync_object_create",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    request_body = SyncObjectRequest,
    responses(
        (status = 200, body = SyncObjectResult, description = "What was worth telling, also about a failure"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[post("/providers/scim/{id}/sync/object/")]
pub(crate) async fn sync_object(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<SyncObjectResult>, ApiError> {
    let provider = existing(&app, &id).await?;
    let wanted = read(&body.object()?)?;
    let messages = match wanted.object() {
        Some(object) => app.engine.sync_object(provider, object, wanted.override_dry_run).await?,
        // Nothing has such a key.
        None => Vec::new(),
    };
    Ok(web::Json(SyncObjectResult { messages: messages.into_iter().map(event).collect() }))
}

/// Show how the full syncs of a provider went.
#[utoipa::path(
    operation_id = "providers_scim_sync_status_retrieve",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 200, body = SyncStatus, description = "The latest full syncs, newest first"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim/{id}/sync/status/")]
pub(crate) async fn sync_status(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<SyncStatus>, ApiError> {
    let provider = existing(&app, &id).await?;
    let status = app.engine.status(provider).await?;
    let now = app.clock.now();
    let drift = app.store.read(move |conn| scimitar_store::drift::check(conn, provider)).await?;
    Ok(web::Json(SyncStatus {
        drift: drift.map(super::drift::status),
        is_running: status.is_running,
        tasks: status.tasks.into_iter().map(|it| task(it, now)).collect(),
        last_successful_sync: status.last_successful_sync.map(Into::into),
        last_sync_status: status.last_sync_status.as_deref().and_then(aggregated),
    }))
}

pub(super) async fn existing(app: &App, id: &str) -> Result<ProviderPk, ApiError> {
    let pk = ProviderPk(path_key::integer(id)?);
    let keyring = app.keyring.clone();
    let found = app.store.read(move |conn| providers::find(conn, &keyring, pk)).await?;
    found.map(|provider| provider.pk).ok_or(ApiError::NoMatch(Model::ScimProvider))
}

/// The object that a request names by model and key, if anything can have such a key.
pub(super) fn named(given: &JsonObject) -> Result<Option<ObjectId>, ApiError> {
    Ok(read(given)?.object())
}

/// What is asked for.
#[derive(Debug)]
struct Wanted {
    model: Model,
    id: String,
    override_dry_run: bool,
}

impl Wanted {
    /// The object, if the key has the form that its kind has.
    fn object(&self) -> Option<ObjectId> {
        if self.model == Model::Group {
            Uuid::try_parse(&self.id).ok().map(|id| ObjectId::Group(GroupId(id)))
        } else {
            self.id.parse().ok().map(|pk| ObjectId::User(UserPk(pk)))
        }
    }
}

fn read(given: &JsonObject) -> Result<Wanted, ApiError> {
    let mut model = Name(SyncObjectModelEnum::User);
    let mut id = String::new();
    let mut override_dry_run = false;
    let mut reader = Reader::new(given, Mode::Create);
    reader.require(&["sync_object_model", "sync_object_id"]);
    reader.choice("sync_object_model", &mut model);
    reader.filled_text("sync_object_id", &mut id);
    reader.boolean("override_dry_run", &mut override_dry_run);
    reader.finish()?;
    let model = match model.0 {
        SyncObjectModelEnum::User => Model::User,
        SyncObjectModelEnum::Group => Model::Group,
    };
    Ok(Wanted { model, id, override_dry_run })
}

/// A kind of object by the name that it has in requests.
struct Name(SyncObjectModelEnum);

impl std::str::FromStr for Name {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "authentik.core.models.User" => Ok(Self(SyncObjectModelEnum::User)),
            "authentik.core.models.Group" => Ok(Self(SyncObjectModelEnum::Group)),
            _other => Err(()),
        }
    }
}

fn event(event: LogEvent) -> scimitar_api::LogEvent {
    scimitar_api::LogEvent {
        timestamp: event.timestamp.into(),
        log_level: match event.level {
            LogLevel::Info => LogLevelEnum::Info,
            LogLevel::Warning => LogLevelEnum::Warning,
            LogLevel::Error => LogLevelEnum::Error,
        },
        logger: event.logger,
        event: event.event,
        attributes: event.attributes,
    }
}

/// A full sync. Clients cannot take a missing end, so one that runs ends at the moment.
fn task(task: TaskView, now: Timestamp) -> SystemTask {
    let finished_at = task.finished_at.unwrap_or(now);
    SystemTask {
        uuid: task.id,
        name: TASK.to_owned(),
        full_name: format!("{TASK}:{}", task.uid),
        uid: task.uid,
        description: task.description,
        start_timestamp: task.started_at.into(),
        finish_timestamp: finished_at.into(),
        duration: (finished_at - task.started_at).to_std().unwrap_or_default().as_secs_f64(),
        status: match task.state {
            TaskState::Unknown => SystemTaskStatusEnum::Unknown,
            TaskState::Successful => SystemTaskStatusEnum::Successful,
            TaskState::Warning => SystemTaskStatusEnum::Warning,
            TaskState::Error => SystemTaskStatusEnum::Error,
        },
        messages: task.messages.into_iter().map(event).collect(),
        expires: None,
        expiring: false,
    }
}

fn aggregated(state: &str) -> Option<TaskAggregatedStatusEnum> {
    match state {
        "done" => Some(TaskAggregatedStatusEnum::Done),
        "warning" => Some(TaskAggregatedStatusEnum::Warning),
        "error" => Some(TaskAggregatedStatusEnum::Error),
        _running => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(given: &serde_json::Value, expected: &str) {
        let got = match read(given.as_object().unwrap()) {
            Ok(wanted) => format!("{:?} {}", wanted.object(), wanted.override_dry_run),
            Err(ApiError::Fields(errors)) => serde_json::to_string(&errors).unwrap(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{given}");
    }

    #[test]
    fn an_object_is_named_by_model_and_key() {
        let (user, group) = ("authentik.core.models.User", "authentik.core.models.Group");
        let ask = |model: &str, id: &str| json!({"sync_object_model": model, "sync_object_id": id});
        check(&ask(user, "7"), "Some(User(UserPk(7))) false");
        check(&ask(user, "x"), "None false");
        check(
            &ask(group, "00000000-0000-0000-0000-000000000000"),
            "Some(Group(GroupId(00000000-0000-0000-0000-000000000000))) false",
        );
        check(&ask(group, "7"), "None false");
        check(
            &json!({"sync_object_model": user, "sync_object_id": 7, "override_dry_run": true}),
            "Some(User(UserPk(7))) true",
        );
        check(
            &ask("x", ""),
            r#"{"sync_object_model":["\"x\" is not a valid choice."],"sync_object_id":["This field may not be blank."]}"#,
        );
        check(
            &json!({}),
            r#"{"sync_object_model":["This field is required."],"sync_object_id":["This field is required."]}"#,
        );
    }
}
