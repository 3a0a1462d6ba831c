//! A resource, replaced, changed or deleted (RFC 7644 §3.5, §3.6).

use std::sync::Arc;

use scimitar_domain::{SourceId, Timestamp};
use scimitar_scim::resource::Attributes;
use scimitar_scim::{Dialect, Reason, ResourceKind, etag};
use scimitar_store::Conn;
use scimitar_store::source_links::Named;
use serde_json::Value;
use uuid::Uuid;

use crate::access::Visit;
use crate::brake::Brake;
use crate::creating::complete;
use crate::held::Held;
use crate::identity::Properties;
use crate::mapped::is_mapped;
use crate::members::Wish;
use crate::reading::{key, related_name, related_of, reply};
use crate::reply::{Reply, Wanted};
use crate::service::Schemas;
use crate::shown::{Found, settle};
use crate::wish::{self, Change, Verb};
use crate::{Inbound, InboundError, notes};

/// How often the mappings are evaluated anew because others were faster.
const ROUNDS: u32 = 50;

impl Inbound {
    /// Change a resource: all of what is asked, or nothing.
    ///
    /// `if_match` is the header of that name (RFC 7644 §3.14). The answer to a PATCH of a group's members goes
    /// without a body unless attributes are asked for: its members are not read to add one.
    pub async fn change(
        &self,
        visit: &Visit,
        (kind, id): (ResourceKind, &str),
        (verb, body): (Verb, Value),
        if_match: Option<&str>,
        wanted: &Wanted,
    ) -> Result<Reply, InboundError> {
        visit.notes.begin(verb.name(), kind.name(), Some(&body));
        visit.may_change(kind)?;
        let sent = match verb {
            Verb::Replace => notes::outline(&body),
            Verb::Patch => {
                visit.notes.say("understood", notes::operations(&body));
                Value::Null
            }
        };
        let projection = self.projection(visit, kind, wanted)?;
        let id = key(kind, id)?;
        let dialect = match verb {
            Verb::Replace => visit.dialect,
            Verb::Patch => wish::dialect_of(&body, visit.dialect),
        };
        visit.notes.say("dialect", dialect.name);
        let (change, wish) = wish::change(self.schemas.of(kind), kind, verb, body, &dialect)?;
        if let Change::Replace(resource) = &change {
            visit.notes.say("ignored", notes::ignored(&sent, resource));
        }
        if let Some(members) = wish.told() {
            visit.notes.say("members", members);
        }
        let is_quiet = verb == Verb::Patch && !wish.is_keep() && wanted.attributes.is_empty();
        let plan = Arc::new(Plan {
            kind,
            id,
            source: visit.source.id,
            dialect,
            change,
            wish,
            if_match: if_match.map(str::to_owned),
            is_mapped: is_mapped(visit, kind),
            with_related: !is_quiet && projection.returns(related_name(kind)),
            schemas: self.schemas.clone(),
            brake: Brake::of(&visit.source, self.parts.clock.now()),
            now: self.parts.clock.now(),
        });
        let mut mapped = None;
        for _ in 0..ROUNDS {
            let (unit, properties) = (Arc::clone(&plan), mapped.take());
            let step = self.parts.store.write(move |conn| unit.run(conn, properties.as_ref())).await;
            let step = match step {
                Err(error @ InboundError::Held(_)) => {
                    self.note_held(visit, plan.brake).await;
                    return Err(error);
                }
                step => step?,
            };
            match step {
                Step::Done { found, related, changed } => {
                    if changed.is_empty() && plan.wish.is_keep() {
                        visit.notes.say("outcome", "nothing differs from what is there");
                    }
                    visit.notes.say("changed", changed);
                    let mut reply = reply(visit, &projection, &found, &related);
                    if is_quiet {
                        reply.resource = None;
                    }
                    return Ok(reply);
                }
                Step::Map { tag, resource, external_id } => {
                    let properties = self.map(visit, kind, &resource, external_id.as_deref()).await?;
                    mapped = Some((tag, properties));
                }
            }
        }
        Err(InboundError::Contended)
    }

    /// Delete a resource. What becomes of the object that it stands for is for the source's policy to say; another
    /// source that has it as well keeps it.
    pub async fn delete(
        &self,
        visit: &Visit,
        (kind, id): (ResourceKind, &str),
        if_match: Option<&str>,
    ) -> Result<(), InboundError> {
        visit.notes.begin("delete", kind.name(), None);
        visit.may_change(kind)?;
        let (source, id, now) = (visit.source.id, key(kind, id)?, self.parts.clock.now());
        let (if_match, policy) = (if_match.map(str::to_owned), visit.source.fields.delete_policy);
        visit.notes.say("outcome", policy.as_str());
        let brake = Brake::of(&visit.source, now);
        let done = self
            .parts
            .store
            .write(move |conn| {
                let held = Held::lock(conn, source, kind, id)?.ok_or(InboundError::NotFound { kind })?;
                judge_version(&held.found(), if_match.as_deref())?;
                held.delete(conn, policy, brake, now)
            })
            .await;
        if let Err(InboundError::Held(_)) = &done {
            self.note_held(visit, brake).await;
        }
        done
    }
}

/// Everything that one unit needs, so that it can run again.
struct Plan {
    kind: ResourceKind,
    id: Uuid,
    source: SourceId,
    dialect: Dialect,
    change: Change,
    wish: Wish,
    if_match: Option<String>,
    is_mapped: bool,
    with_related: bool,
    schemas: Schemas,
    brake: Brake,
    now: Timestamp,
}

/// How far a unit came.
enum Step {
    Done {
        found: Found,
        related: Vec<Named>,
        /// The attributes that differ from before.
        changed: Vec<String>,
    },
    /// Nothing was written: the mappings must see this resource first. They run outside of the unit, which holds
    /// a lock, and so for one version of the resource.
    Map { tag: String, resource: Attributes, external_id: Option<String> },
}

impl Plan {
    fn run(&self, conn: &mut Conn, mapped: Option<&(String, Properties)>) -> Result<Step, InboundError> {
        let kind = self.kind;
        let held = Held::lock(conn, self.source, kind, self.id)?.ok_or(InboundError::NotFound { kind })?;
        let found = held.found();
        judge_version(&found, self.if_match.as_deref())?;
        let schema = self.schemas.of(kind);
        let mut changed = Vec::new();
        if !self.is_about_members_only() {
            let mut resource = self.change.apply(schema, &found, &self.dialect)?;
            complete(kind, &mut resource);
            let external_id = settle(&mut resource);
            let none = Properties::default();
            let properties = match mapped {
                Some((tag, properties)) if *tag == found.tag() => properties,
                Some(_) | None if self.is_mapped => {
                    return Ok(Step::Map { tag: found.tag(), resource, external_id });
                }
                Some(_) | None => &none,
            };
            changed = notes::changed(&found.resource, &resource);
            if found.resource.get("externalId").and_then(Value::as_str) != external_id.as_deref() {
                changed.push("externalId".to_owned());
            }
            held.write(conn, resource, external_id, properties, self.brake, self.now)?;
        }
        if let Held::Group(_, group) = &held {
            self.wish.grant(conn, self.source, group.id, schema, self.now)?;
        }
        let after = Held::find(conn, self.source, kind, self.id)?.ok_or(InboundError::NotFound { kind })?;
        let related = related_of(conn, self.source, &after, self.with_related)?;
        Ok(Step::Done { found: after.found(), related, changed })
    }

    fn is_about_members_only(&self) -> bool {
        matches!(&self.change, Change::Patch(operations) if operations.is_empty())
    }
}

fn judge_version(found: &Found, if_match: Option<&str>) -> Result<(), InboundError> {
    match if_match {
        Some(header) if !etag::if_match(header, &found.tag()) => {
            let detail = "the resource is not in the version that the request names";
            Err(Reason::VersionMismatch.because(detail).into())
        }
        Some(_) | None => Ok(()),
    }
}
