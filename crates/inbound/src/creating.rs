//! A resource, made (RFC 7644 §3.3).

use scimitar_domain::{GroupFields, GroupId, ObjectId, SourceId, SourceLinkFields, Timestamp, UserUuid};
use scimitar_scim::resource::Attributes;
use scimitar_scim::{Reason, ResourceKind};
use scimitar_store::{Conn, StoreError, groups, source_links, users};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::Visit;
use crate::held::{Held, judge_link};
use crate::identity::{self, Properties};
use crate::members::Wish;
use crate::reading::{object_kind, related_name, related_of, reply};
use crate::reply::{Reply, Wanted};
use crate::service::Schemas;
use crate::shown::settle;
use crate::{Inbound, InboundError, wish};

impl Inbound {
    /// Make a user or a group.
    ///
    /// A name that anybody has already is taken: what somebody else has made is not taken over. The unique indexes
    /// decide that, so that of many equal requests at the same time one succeeds.
    pub async fn create(
        &self,
        visit: &Visit,
        kind: ResourceKind,
        body: Value,
        wanted: &Wanted,
    ) -> Result<Reply, InboundError> {
        let projection = self.projection(visit, kind, wanted)?;
        let (mut resource, wish) = wish::whole(self.schemas.of(kind), kind, body, &visit.dialect)?;
        complete(kind, &mut resource);
        let external_id = settle(&mut resource);
        let properties = self.map(visit, kind, &resource, external_id.as_deref()).await?;
        let draft = Draft {
            kind,
            id: self.parts.ids.uuid(),
            source: visit.source.id,
            user: identity::new_user(&visit.source, &resource),
            resource,
            external_id,
            wish,
            properties,
            schemas: self.schemas.clone(),
        };
        let with_related = projection.returns(related_name(kind));
        let (now, known) = (self.parts.clock.now(), draft.known_by());
        let made = self
            .parts
            .store
            .write(move |conn| {
                draft.write(conn, now)?;
                let held =
                    Held::find(conn, draft.source, kind, draft.id)?.ok_or(InboundError::NotFound { kind })?;
                let related = related_of(conn, draft.source, &held, with_related)?;
                Ok::<_, InboundError>((held.found(), related))
            })
            .await;
        match made {
            Ok((found, related)) => Ok(reply(visit, &projection, &found, &related)),
            Err(error) => Err(self.name_the_other(visit, kind, known, error).await),
        }
    }

    /// Tell a client whose resource exists which one it is, so that it need not search.
    async fn name_the_other(
        &self,
        visit: &Visit,
        kind: ResourceKind,
        known: KnownBy,
        error: InboundError,
    ) -> InboundError {
        let InboundError::Refused(refusal) = error else { return error };
        if refusal.reason != Reason::Uniqueness {
            return refusal.into();
        }
        let source = visit.source.id;
        let other = self.parts.store.read(move |conn| known.find(conn, source, kind)).await;
        match other {
            Ok(Some(id)) => {
                let detail = format!("{}: see the {kind} {id}", refusal.detail);
                refusal.reason.because(detail).into()
            }
            Ok(None) | Err(_) => refusal.into(),
        }
    }
}

/// Whoever says nothing about it is active.
pub(crate) fn complete(kind: ResourceKind, resource: &mut Attributes) {
    match kind {
        ResourceKind::User => {
            resource.entry("active").or_insert(json!(true));
        }
        ResourceKind::Group => {}
    }
}

struct Draft {
    kind: ResourceKind,
    id: Uuid,
    source: SourceId,
    user: scimitar_domain::UserFields,
    resource: Attributes,
    external_id: Option<String>,
    wish: Wish,
    properties: Properties,
    schemas: Schemas,
}

impl Draft {
    fn write(&self, conn: &mut Conn, now: Timestamp) -> Result<(), InboundError> {
        let object = match self.kind {
            ResourceKind::User => {
                let mut fields = self.user.clone();
                self.properties.put_on_user(&mut fields);
                identity::judge_user(&fields)?;
                ObjectId::User(users::insert(conn, UserUuid(self.id), &fields, &[], now)?.pk)
            }
            ResourceKind::Group => {
                let mut fields = GroupFields::default();
                identity::base_group(&self.resource, &mut fields);
                self.properties.put_on_group(&mut fields);
                identity::judge_group(&fields)?;
                ObjectId::Group(groups::insert(conn, GroupId(self.id), &fields, &[], now)?.id)
            }
        };
        let fields = SourceLinkFields {
            id: self.id.to_string(),
            source: self.source,
            object,
            external_id: self.external_id.clone(),
            resource: Value::Object(self.resource.clone()),
        };
        judge_link(&fields)?;
        source_links::insert(conn, &fields, now)?;
        if let ObjectId::Group(group) = object {
            self.wish.grant(conn, self.source, group, self.schemas.of(self.kind), now)?;
        }
        Ok(())
    }

    fn known_by(&self) -> KnownBy {
        let name = self.resource.get("userName").and_then(Value::as_str).map(str::to_owned);
        KnownBy { external_id: self.external_id.clone(), user_name: name }
    }
}

/// What a client knows a resource by.
#[derive(Debug, Clone)]
struct KnownBy {
    external_id: Option<String>,
    user_name: Option<String>,
}

impl KnownBy {
    fn find(
        &self,
        conn: &mut Conn,
        source: SourceId,
        kind: ResourceKind,
    ) -> Result<Option<Uuid>, StoreError> {
        let object_kind = object_kind(kind);
        let mut link = None;
        if let Some(external_id) = &self.external_id {
            link = source_links::find_by_external_id(conn, source, object_kind, external_id)?;
        }
        if let (None, Some(name)) = (&link, &self.user_name) {
            link = source_links::find_by_user_name(conn, source, name)?;
        }
        match link.map(|link| link.fields.object) {
            Some(ObjectId::User(pk)) => Ok(users::find(conn, pk)?.map(|user| user.uuid.0)),
            Some(ObjectId::Group(id)) => Ok(Some(id.0)),
            None => Ok(None),
        }
    }
}
