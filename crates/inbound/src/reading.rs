//! One resource, read (RFC 7644 §3.4.1).

use scimitar_domain::{ObjectKind, SourceId};
use scimitar_scim::ResourceKind;
use scimitar_scim::projection::Projection;
use scimitar_store::source_links::Named;
use scimitar_store::{Conn, StoreError};
use uuid::Uuid;

use crate::access::Visit;
use crate::held::{Held, related};
use crate::reply::{Reply, Wanted};
use crate::shown::Found;
use crate::{Inbound, InboundError};

impl Inbound {
    /// Read a resource. An id that none of ours can be belongs to nobody.
    pub async fn find(
        &self,
        visit: &Visit,
        kind: ResourceKind,
        id: &str,
        wanted: &Wanted,
    ) -> Result<Reply, InboundError> {
        visit.may_read(kind)?;
        let projection = self.projection(visit, kind, wanted)?;
        let (source, id) = (visit.source.id, key(kind, id)?);
        let with_related = projection.returns(related_name(kind));
        let (found, related) = self
            .parts
            .store
            .read(move |conn| {
                let held = Held::find(conn, source, kind, id)?.ok_or(InboundError::NotFound { kind })?;
                let related = related_of(conn, source, &held, with_related)?;
                Ok::<_, InboundError>((held.found(), related))
            })
            .await?;
        Ok(reply(visit, &projection, &found, &related))
    }

    pub(crate) fn projection(
        &self,
        visit: &Visit,
        kind: ResourceKind,
        wanted: &Wanted,
    ) -> Result<Projection<'_>, InboundError> {
        let schema = self.schemas.of(kind);
        Ok(Projection::read(schema, &wanted.attributes, &wanted.excluded, &visit.dialect)?)
    }
}

/// The attribute that names the other kind. It lies in a table, and is read only when it is shown.
pub(crate) fn related_name(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::User => "groups",
        ResourceKind::Group => "members",
    }
}

/// The directory's word for a kind.
pub(crate) fn object_kind(kind: ResourceKind) -> ObjectKind {
    match kind {
        ResourceKind::User => ObjectKind::User,
        ResourceKind::Group => ObjectKind::Group,
    }
}

pub(crate) fn key(kind: ResourceKind, id: &str) -> Result<Uuid, InboundError> {
    exact(id).ok_or(InboundError::NotFound { kind })
}

/// An id as the service writes it, and no other spelling of the same number: ids are compared letter by letter
/// (RFC 7643 §3.1).
pub(crate) fn exact(id: &str) -> Option<Uuid> {
    let mut written = Uuid::encode_buffer();
    Uuid::try_parse(id).ok().filter(|uuid| *uuid.hyphenated().encode_lower(&mut written) == *id)
}

pub(crate) fn related_of(
    conn: &mut Conn,
    source: SourceId,
    held: &Held,
    is_wanted: bool,
) -> Result<Vec<Named>, StoreError> {
    if !is_wanted {
        return Ok(Vec::new());
    }
    let mut found = related(conn, source, std::slice::from_ref(held), None)?;
    Ok(found.pop_first().map(|(_, related)| related).unwrap_or_default())
}

pub(crate) fn reply(visit: &Visit, projection: &Projection<'_>, found: &Found, related: &[Named]) -> Reply {
    Reply {
        id: found.id.to_string(),
        location: visit.location(found.kind, found.id),
        version: found.tag(),
        resource: Some(projection.apply(found.shown(visit, related))),
    }
}
