//! What a client makes again after it has deleted it, and what it deleted under a name that it now gives to another
//! (RFC 7644 §3.6: what is deleted stands in nobody's way).

use scimitar_domain::{ObjectId, SourceId, Timestamp};
use scimitar_scim::ResourceKind;
use scimitar_store::departed::{self, Departed};
use scimitar_store::{Conn, StoreError, groups, users};
use uuid::Uuid;

use crate::reading::object_kind;

/// The longest user name that the directory holds, in characters.
const LONGEST_USER_NAME: usize = 150;
/// The same for the name of a group.
const LONGEST_GROUP_NAME: usize = 512;

/// The kept object that a client makes again, by the id under which it knew it.
pub(crate) fn by_external_id(
    conn: &mut Conn,
    source: SourceId,
    kind: ResourceKind,
    external_id: Option<&str>,
) -> Result<Option<Departed>, StoreError> {
    match external_id {
        Some(external_id) => departed::find_by_external_id(conn, source, object_kind(kind), external_id),
        None => Ok(None),
    }
}

/// The kept object that has this name in the directory.
pub(crate) fn by_name(
    conn: &mut Conn,
    source: SourceId,
    kind: ResourceKind,
    name: &str,
) -> Result<Option<Departed>, StoreError> {
    let object = match kind {
        ResourceKind::User => users::find_by_username(conn, name)?.map(|user| ObjectId::User(user.pk)),
        ResourceKind::Group => groups::find_by_name(conn, name)?.map(|group| ObjectId::Group(group.id)),
    };
    match object {
        Some(object) => departed::find(conn, source, object),
        None => Ok(None),
    }
}

/// Whoever is kept under this name gets another one.
pub(crate) fn give_way(
    conn: &mut Conn,
    source: SourceId,
    kind: ResourceKind,
    name: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    match by_name(conn, source, kind, name)?.map(|departed| departed.object) {
        Some(ObjectId::User(pk)) => {
            let user = users::lock(conn, pk)?;
            let mut fields = user.fields;
            fields.username = given_up(&fields.username, user.uuid.0, LONGEST_USER_NAME);
            users::update(conn, pk, &fields, None, now)?;
        }
        Some(ObjectId::Group(id)) => {
            let mut fields = groups::lock(conn, id)?.fields;
            fields.name = given_up(&fields.name, id.0, LONGEST_GROUP_NAME);
            groups::update(conn, id, &fields, None, now)?;
        }
        None => {}
    }
    Ok(())
}

/// A name that tells what it was, and that nobody else has.
fn given_up(name: &str, id: Uuid, longest: usize) -> String {
    let mark = format!("~{}", id.simple());
    let kept: String = name.chars().take(longest - mark.len()).collect();
    kept + &mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_given_up_fits_and_is_the_object_s_own() {
        let id = Uuid::from_u128(7);
        assert_eq!(given_up("ada", id, 150), "ada~00000000000000000000000000000007");
        let long = given_up(&"ä".repeat(150), id, 150);
        assert_eq!(long.chars().count(), 150);
        assert!(long.ends_with('7'));
    }
}
