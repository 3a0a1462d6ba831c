//! Why an object is in scope or is not, and why nothing is sent at all.

use chrono::SecondsFormat;

use scimitar_domain::{
    Departure, Group, GroupId, ObjectKind, PlanStep, Provider, Timestamp, Tombstone, User,
};
use scimitar_store::{Conn, StoreError, groups, guards, lanes};

use super::StepKind;
use crate::context::Context;
use crate::engine::{EngineParts, not_synced};
use crate::guard;
use crate::subject::{Source, Subject};
use crate::work::lane_of;

/// Groups that are named; the others are counted.
const NAMED: usize = 10;

impl EngineParts {
    /// Why nothing is sent now: to the provider, or of a step that the guard holds.
    pub(super) async fn stopped(
        &self,
        context: &Context,
        kind: ObjectKind,
        step: StepKind,
    ) -> Result<Vec<String>, StoreError> {
        let provider = &context.provider;
        let mut stopped: Vec<String> = not_synced(provider).into_iter().collect();
        stopped.extend(missing_at(context, kind));
        if provider.fields.dry_run {
            stopped.push("the provider only rehearses: `dry_run` is set".to_owned());
        }
        let (pk, now) = (provider.pk, self.clock.now());
        let read = move |conn: &mut Conn| {
            Ok::<_, StoreError>((lanes::find(conn, &lane_of(pk))?, guards::find(conn, pk)?))
        };
        let (lane, guard) = self.store.read(read).await?;
        if let Some(lane) = lane
            && let Some(until) = lane.paused_until.filter(|until| *until > now)
        {
            let reason = lane.reason.unwrap_or_default();
            stopped.push(format!("the provider rests until {}: {reason}", moment(until)));
        }
        let is_destructive = matches!(step, StepKind::Take(PlanStep::Delete | PlanStep::Deactivate));
        if is_destructive
            && let Some((_, held)) = guard.and_then(|guard| guard::told(pk, &guard, self.settings.guard))
        {
            stopped.push(held);
        }
        Ok(stopped)
    }

    pub(super) async fn reasons(
        &self,
        context: &Context,
        subject: &Subject,
    ) -> Result<Vec<String>, StoreError> {
        let fields = &context.provider.fields;
        let limits: Vec<GroupId> = match &subject.source {
            Source::User(_) => fields.filter_group.into_iter().collect(),
            Source::Group { .. } => fields.group_filters.clone(),
            Source::Gone => Vec::new(),
        };
        let found = self.store.read(move |conn| groups::find_many(conn, &limits)).await?;
        let mut reasons = match &subject.source {
            Source::Gone => vec![missing(subject.object.kind())],
            Source::User(user) => of_user(&context.provider, user, subject.is_in_scope, &found),
            Source::Group { .. } => vec![of_group(subject.is_in_scope, &found)],
        };
        if context.provider.draining {
            reasons = vec!["the provider is being drained, and nothing is sent any more".to_owned()];
        }
        let departure = subject.link.as_ref().and_then(|link| link.departed);
        let kind = subject.object.kind();
        reasons.extend(departure.filter(|_| !subject.is_in_scope).map(|it| left(context, kind, it)));
        let rejected = subject.link.as_ref().and_then(|link| link.rejected);
        reasons.extend(self.rejected(context, rejected).await?);
        Ok(reasons)
    }

    /// The same for what a deleted object has left behind.
    pub(super) async fn reasons_of_stone(
        &self,
        context: &Context,
        stone: &Tombstone,
    ) -> Result<Vec<String>, StoreError> {
        let mut reasons = deleted(context, stone);
        reasons.extend(self.rejected(context, stone.rejected).await?);
        Ok(reasons)
    }

    /// Who has rejected that an object goes, and when.
    async fn rejected(
        &self,
        context: &Context,
        rejected: Option<Timestamp>,
    ) -> Result<Option<String>, StoreError> {
        let Some(at) = rejected else { return Ok(None) };
        let pk = context.provider.pk;
        let guard = self.store.read(move |conn| guards::find(conn, pk)).await?;
        let by = guard.and_then(|guard| guard.rejected_by);
        let by = by.as_deref().unwrap_or("the command line");
        Ok(Some(format!(
            "its leaving was rejected by {by} on {}: it stays as it is there until that is approved",
            moment(at)
        )))
    }
}

/// The remote has nothing of the kind, and what can be done.
fn missing_at(context: &Context, kind: ObjectKind) -> Option<String> {
    let (pk, kind_name) = (context.provider.pk, kind.as_str());
    if context.lessons.lacks(kind) {
        return Some(format!(
            "the remote offers no {kind_name}s. Each full sync asks whether that is still so, and `scimitar capabilities \
             {pk} --forget` tries them again at once; if it does offer them, look at the URL and at what the credentials \
             may do"
        ));
    }
    (!context.offers(kind))
        .then(|| format!("the remote offers no {kind_name}s, as the provider's profile says"))
}

fn missing(kind: ObjectKind) -> String {
    format!("there is no such {}", kind.as_str())
}

fn deleted(context: &Context, stone: &Tombstone) -> Vec<String> {
    let kind = stone.object.kind().as_str();
    match stone.departed {
        Some(departure) => {
            vec![format!("the {kind} was deleted here"), left(context, stone.object.kind(), departure)]
        }
        None => vec![format!("the {kind} was deleted here, and that is still to be dealt with there")],
    }
}

/// What was done already because the object has left.
fn left(context: &Context, kind: ObjectKind, departure: Departure) -> String {
    if context.keeps(kind) {
        let done = match kind {
            ObjectKind::User => "it was deactivated there",
            ObjectKind::Group => "its members were taken out there, as far as they could be,",
        };
        return format!(
            "the remote deletes no {}s, so {done} on {} and stays; `scimitar capabilities {} --forget` has its deletion \
             tried again",
            kind.as_str(),
            moment(departure.at),
            context.provider.pk
        );
    }
    let done = format!("what the provider's policy says was done on {}", moment(departure.at));
    match departure.delete_at {
        Some(at) => format!("{done}, and it is deleted there from {} on", moment(at)),
        None => done,
    }
}

fn of_user(provider: &Provider, user: &User, is_in_scope: bool, filter: &[Group]) -> Vec<String> {
    let fields = &provider.fields;
    let mut reasons = Vec::new();
    if fields.exclude_users_service_account && user.fields.kind.is_service_account() {
        let kind = user.fields.kind.as_str();
        reasons.push(format!("it is a service account (`{kind}`), and these are left out"));
    }
    let Some(group) = fields.filter_group else {
        if is_in_scope {
            reasons.push("all users are sent".to_owned());
        }
        return reasons;
    };
    let group = filter.first().map_or_else(|| group.to_string(), |group| group.fields.name.clone());
    if is_in_scope {
        reasons.push(format!("it belongs to `{group}`, whose members are sent"));
    } else if reasons.is_empty() {
        reasons.push(format!("it does not belong to `{group}`, and only its members are sent"));
    }
    reasons
}

fn of_group(is_in_scope: bool, filters: &[Group]) -> String {
    match (is_in_scope, filters) {
        (true, []) => "all groups are sent".to_owned(),
        (true, _) => "it is among the groups that are sent".to_owned(),
        (false, _) => {
            let named: Vec<String> =
                filters.iter().take(NAMED).map(|group| format!("`{}`", group.fields.name)).collect();
            let more = filters.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("only these groups are sent: {}{more}", named.join(", "))
        }
    }
}

pub(crate) fn moment(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
