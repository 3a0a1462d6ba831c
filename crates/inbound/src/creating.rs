//! A resource, made (RFC 7644 §3.3).

use std::sync::Arc;

use scimitar_domain::{
    GroupFields, GroupId, ObjectId, SourceId, SourceLinkFields, Timestamp, UserFields, UserUuid,
};
use scimitar_scim::resource::Attributes;
use scimitar_scim::{Reason, ResourceKind};
use scimitar_store::departed::{self, Departed};
use scimitar_store::source_links::Named;
use scimitar_store::{Conn, StoreError, groups, source_links, users};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::Visit;
use crate::adopting::Adoption;
use crate::held::{Held, judge_link};
use crate::identity::{self, Properties};
use crate::members::Wish;
use crate::reading::{object_kind, related_name, related_of, reply};
use crate::reply::{Reply, Wanted};
use crate::service::Schemas;
use crate::shown::{Found, settle};
use crate::{Inbound, InboundError, notes, returning, wish};

impl Inbound {
    /// Make a user or a group.
    ///
    /// A name that anybody has already is taken: what somebody else has made is not taken over, unless the source's
    /// policy says that it may. The unique indexes decide that, so that of many equal requests at the same time one
    /// succeeds. What the client has deleted and the source's policy has kept comes back.
    pub async fn create(
        &self,
        visit: &Visit,
        kind: ResourceKind,
        body: Value,
        wanted: &Wanted,
    ) -> Result<Reply, InboundError> {
        visit.notes.begin("create", kind.name(), Some(&body));
        visit.may_change(kind)?;
        let sent = notes::outline(&body);
        let projection = self.projection(visit, kind, wanted)?;
        let (mut resource, wish) = wish::whole(self.schemas.of(kind), kind, body, &visit.dialect)?;
        visit.notes.say("ignored", notes::ignored(&sent, &resource));
        visit.notes.say("understood", resource.keys().take(50).cloned().collect::<Vec<_>>());
        complete(kind, &mut resource);
        let external_id = settle(&mut resource);
        let properties = self.map(visit, kind, &resource, external_id.as_deref()).await?;
        let draft = Arc::new(Draft {
            kind,
            id: self.parts.ids.uuid(),
            source: visit.source.id,
            adoption: Adoption::of(&visit.source),
            user: identity::new_user(&visit.source, &resource),
            resource,
            external_id,
            wish,
            properties,
            schemas: self.schemas.clone(),
            with_related: projection.returns(related_name(kind)),
            now: self.parts.clock.now(),
        });
        let mut clears_the_way = false;
        loop {
            let unit = Arc::clone(&draft);
            let made = self.parts.store.write(move |conn| unit.run(conn, clears_the_way)).await;
            let refusal = match made {
                Ok(Made { found, related, how }) => {
                    visit.notes.say("outcome", how.as_str());
                    visit.notes.say("id", found.id.to_string());
                    if how == How::Adopted {
                        tracing::info!(
                            source = visit.source.fields.slug,
                            policy = visit.source.fields.link_policy.as_str(),
                            "the source took the {kind} {} of the directory as its own",
                            found.id
                        );
                    }
                    return Ok(reply(visit, &projection, &found, &related));
                }
                Err(InboundError::Refused(refusal)) if refusal.reason == Reason::Uniqueness => refusal,
                Err(error) => return Err(error),
            };
            let asked = Arc::clone(&draft);
            match self.parts.store.read(move |conn| asked.in_the_way(conn)).await {
                Ok(InTheWay::Kept) if !clears_the_way => clears_the_way = true,
                Ok(InTheWay::Resource(id)) => {
                    // Tell the client which one it is, so that it need not search.
                    let detail = format!("{}: see the {kind} {id}", refusal.detail);
                    return Err(refusal.reason.because(detail).into());
                }
                Ok(InTheWay::Kept | InTheWay::Foreign) | Err(_) => return Err(refusal.into()),
            }
        }
    }
}

/// Whoever says nothing about it is active.
pub(crate) fn complete(kind: ResourceKind, resource: &mut Attributes) {
    unsaid(kind, resource, json!(true));
}

/// What stands for the activity that a resource does not tell.
pub(crate) fn unsaid(kind: ResourceKind, resource: &mut Attributes, active: Value) {
    match kind {
        ResourceKind::User => {
            resource.entry("active").or_insert(active);
        }
        ResourceKind::Group => {}
    }
}

struct Draft {
    kind: ResourceKind,
    id: Uuid,
    source: SourceId,
    adoption: Adoption,
    user: UserFields,
    resource: Attributes,
    external_id: Option<String>,
    wish: Wish,
    properties: Properties,
    schemas: Schemas,
    with_related: bool,
    now: Timestamp,
}

/// A resource as it is now.
struct Made {
    found: Found,
    related: Vec<Named>,
    how: How,
}

/// Where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Created,
    BroughtBack,
    /// It was the directory's before.
    Adopted,
}

impl How {
    fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::BroughtBack => "brought back",
            Self::Adopted => "taken over by the link policy",
        }
    }
}

/// What has a name already that a client wants to use.
enum InTheWay {
    /// A resource of the client's own.
    Resource(Uuid),
    /// What the client has deleted.
    Kept,
    /// What is none of the client's business.
    Foreign,
}

impl Draft {
    /// Make the resource, or bring it back. With `clears_the_way`, what is kept under its name does not stop it.
    fn run(&self, conn: &mut Conn, clears_the_way: bool) -> Result<Made, InboundError> {
        let (mut adopted, returning) = (None, self.returning(conn, clears_the_way)?);
        if returning.is_none() {
            adopted = self.adoptable(conn)?;
        }
        let (object, how) = match (returning, adopted) {
            (Some(departed), _) => (self.bring_back(conn, departed.object)?, How::BroughtBack),
            (None, Some(object)) => (self.adopt(conn, object)?, How::Adopted),
            (None, None) => (self.make(conn)?, How::Created),
        };
        if let ObjectId::Group(group) = object {
            self.wish.grant(conn, self.source, group, self.schemas.of(self.kind), self.now)?;
        }
        let held = Held::of(conn, self.source, object)?.ok_or(InboundError::NotFound { kind: self.kind })?;
        // Nobody who has just been made is in a group.
        let is_related = self.kind == ResourceKind::Group || how != How::Created;
        let related = related_of(conn, self.source, &held, self.with_related && is_related)?;
        Ok(Made { found: held.found(), related, how })
    }

    /// What the client has deleted and makes again. A name alone says so where it is not two ids that differ.
    fn returning(&self, conn: &mut Conn, clears_the_way: bool) -> Result<Option<Departed>, InboundError> {
        let external_id = self.external_id.as_deref();
        let found = returning::by_external_id(conn, self.source, self.kind, external_id)?;
        if found.is_some() || !clears_the_way {
            return Ok(found);
        }
        let name = self.name();
        let found = returning::by_name(conn, self.source, self.kind, &name)?;
        match found {
            Some(departed) if departed.external_id.is_none() || external_id.is_none() => Ok(Some(departed)),
            Some(_) => {
                returning::give_way(conn, self.source, self.kind, &name, self.now)?;
                Ok(None)
            }
            None => Ok(None),
        }
    }

    fn make(&self, conn: &mut Conn) -> Result<ObjectId, InboundError> {
        let object = match self.kind {
            ResourceKind::User => {
                let fields = self.user_fields(self.user.clone())?;
                users::require_unlike(conn, &fields.username, None)?;
                ObjectId::User(users::insert(conn, UserUuid(self.id), &fields, &[], self.now)?.pk)
            }
            ResourceKind::Group => {
                let fields = self.group_fields(GroupFields::default())?;
                ObjectId::Group(groups::insert(conn, GroupId(self.id), &fields, &[], self.now)?.id)
            }
        };
        source_links::insert(conn, &self.link(self.id, object)?, self.now)?;
        Ok(object)
    }

    fn bring_back(&self, conn: &mut Conn, object: ObjectId) -> Result<ObjectId, InboundError> {
        let id = self.write_over(conn, object)?;
        // Somebody else may have been faster, up to the lock.
        if departed::find(conn, self.source, object)?.is_none() {
            return Err(Reason::Uniqueness.because("the resource is there already").into());
        }
        departed::restore(conn, &self.link(id, object)?, self.now)?;
        Ok(object)
    }

    /// What of the directory the source's policy lets it take.
    fn adoptable(&self, conn: &mut Conn) -> Result<Option<ObjectId>, InboundError> {
        if self.adoption.is_off() {
            return Ok(None);
        }
        let external_id = self.external_id.as_deref();
        Ok(match self.kind {
            ResourceKind::User => {
                self.adoption.user(conn, &self.user_fields(self.user.clone())?, external_id)?
            }
            ResourceKind::Group => {
                self.adoption.group(conn, &self.group_fields(GroupFields::default())?, external_id)?
            }
        })
    }

    /// From now on the object is the source's. Of two that want it, the second finds it owned.
    fn adopt(&self, conn: &mut Conn, object: ObjectId) -> Result<ObjectId, InboundError> {
        match object {
            ObjectId::User(pk) => drop(users::lock(conn, pk)?),
            ObjectId::Group(id) => drop(groups::lock(conn, id)?),
        }
        // What was read before the lock may be old.
        if self.adoptable(conn)? != Some(object) {
            return Err(Reason::Uniqueness.because("the resource is there already").into());
        }
        let id = self.write_over(conn, object)?;
        source_links::insert(conn, &self.link(id, object)?, self.now)?;
        Ok(object)
    }

    /// Make an object what the resource says, under its lock, and tell its id. Of a name and an address of which the
    /// resource says nothing, the directory knows more.
    fn write_over(&self, conn: &mut Conn, object: ObjectId) -> Result<Uuid, InboundError> {
        match object {
            ObjectId::User(pk) => {
                let user = users::lock(conn, pk)?;
                let mut fields = user.fields.clone();
                identity::base_user(&self.resource, &mut fields);
                for (new, old) in
                    [(&mut fields.name, &user.fields.name), (&mut fields.email, &user.fields.email)]
                {
                    if new.is_empty() {
                        new.clone_from(old);
                    }
                }
                users::update(conn, pk, &self.user_fields(fields)?, None, self.now)?;
                Ok(user.uuid.0)
            }
            ObjectId::Group(id) => {
                let fields = groups::lock(conn, id)?.fields;
                groups::update(conn, id, &self.group_fields(fields)?, None, self.now)?;
                Ok(id.0)
            }
        }
    }

    fn user_fields(&self, mut fields: UserFields) -> Result<UserFields, InboundError> {
        self.properties.put_on_user(&mut fields);
        identity::judge_user(&fields)?;
        Ok(fields)
    }

    fn group_fields(&self, mut fields: GroupFields) -> Result<GroupFields, InboundError> {
        identity::base_group(&self.resource, &mut fields);
        self.properties.put_on_group(&mut fields);
        identity::judge_group(&fields)?;
        Ok(fields)
    }

    fn link(&self, id: Uuid, object: ObjectId) -> Result<SourceLinkFields, InboundError> {
        let fields = SourceLinkFields {
            id: id.to_string(),
            source: self.source,
            object,
            external_id: self.external_id.clone(),
            resource: Value::Object(self.resource.clone()),
        };
        judge_link(&fields)?;
        Ok(fields)
    }

    /// The name that the directory is to hold.
    fn name(&self) -> String {
        match self.kind {
            ResourceKind::User => {
                let mut fields = self.user.clone();
                self.properties.put_on_user(&mut fields);
                fields.username
            }
            ResourceKind::Group => {
                let mut fields = GroupFields::default();
                identity::base_group(&self.resource, &mut fields);
                self.properties.put_on_group(&mut fields);
                fields.name
            }
        }
    }

    fn in_the_way(&self, conn: &mut Conn) -> Result<InTheWay, StoreError> {
        let mut link = None;
        if let Some(external_id) = &self.external_id {
            link = source_links::find_by_external_id(conn, self.source, object_kind(self.kind), external_id)?;
        }
        let user_name = self.resource.get("userName").and_then(Value::as_str);
        if let (None, Some(name)) = (&link, user_name) {
            link = source_links::find_by_user_name(conn, self.source, name)?;
        }
        if let Some(link) = link {
            let id = match link.fields.object {
                ObjectId::User(pk) => users::find(conn, pk)?.map(|user| user.uuid.0),
                ObjectId::Group(id) => Some(id.0),
            };
            return Ok(id.map_or(InTheWay::Foreign, InTheWay::Resource));
        }
        let kept = returning::by_name(conn, self.source, self.kind, &self.name())?;
        Ok(kept.map_or(InTheWay::Foreign, |_| InTheWay::Kept))
    }
}
