//! What a source owns, and what it does not see.

use std::collections::BTreeSet;

use scimitar_domain::{ObjectId, ObjectKind, UserPk};
use scimitar_store::{Conn, StoreError, groups, source_links, users};

use crate::source_links::{fields, insert, people};
use crate::sources::source_id;
use crate::world::{World, at, group_id};

fn pk(object: ObjectId) -> UserPk {
    match object {
        ObjectId::User(pk) => pk,
        ObjectId::Group(_) => panic!("no user"),
    }
}

/// Entra has Ada and the staff, Okta has Bea; both people are in the staff.
fn shared(conn: &mut Conn) -> Result<(ObjectId, ObjectId), StoreError> {
    let (ada, bea, staff) = people(conn)?;
    insert(conn, &fields("a", "entra", ada))?;
    insert(conn, &fields("b", "okta", bea))?;
    insert(conn, &fields("s", "entra", staff))?;
    groups::change_members(
        conn,
        group_id("staff"),
        &BTreeSet::from([pk(ada), pk(bea)]),
        &BTreeSet::new(),
        at(1),
    )?;
    Ok((ada, bea))
}

#[tokio::test]
async fn a_source_finds_what_it_has_and_nothing_else() {
    let world = World::new();
    world
        .write(|conn| {
            let (ada, bea) = shared(conn)?;
            let (entra, okta) = (source_id("entra"), source_id("okta"));
            let (ada, bea) = (users::get(conn, pk(ada))?, users::get(conn, pk(bea))?);
            let (link, user) = source_links::user(conn, entra, ada.uuid)?.expect("its own");
            assert_eq!((&*link.fields.id, &user), ("a", &ada));
            assert_eq!(source_links::lock_user(conn, entra, ada.uuid)?, Some((link, user)));
            assert_eq!(source_links::user(conn, okta, ada.uuid)?, None);
            assert_eq!(source_links::lock_user(conn, okta, ada.uuid)?, None);
            assert!(source_links::group(conn, entra, group_id("staff"))?.is_some());
            assert!(source_links::lock_group(conn, okta, group_id("staff"))?.is_none());
            let pks = source_links::user_pks(conn, entra, &[ada.uuid.0, bea.uuid.0])?;
            assert_eq!(pks.into_values().collect::<Vec<_>>(), [ada.pk]);
            let members = source_links::members(conn, entra, &[group_id("staff")], None)?;
            assert_eq!(members.into_iter().map(|(_, it)| it.id).collect::<Vec<_>>(), [ada.uuid.0]);
            let others = source_links::members(conn, entra, &[group_id("staff")], Some(&[bea.uuid.0]))?;
            assert_eq!(others, []);
            assert_eq!(source_links::groups_of(conn, entra, &[ada.pk, bea.pk])?.len(), 2);
            assert_eq!(source_links::groups_of(conn, okta, &[ada.pk, bea.pk])?, []);
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn a_walk_meets_each_once_in_the_order_of_making() {
    let world = World::new();
    world
        .write(|conn| {
            let (ada, bea, _) = people(conn)?;
            source_links::insert(conn, &fields("z", "entra", ada), at(1))?;
            source_links::insert(conn, &fields("y", "entra", bea), at(1))?;
            let cat = ObjectId::User(crate::world::user(conn, "cat")?.pk);
            source_links::insert(conn, &fields("x", "entra", cat), at(2))?;
            let entra = source_id("entra");
            let seqs = |conn: &mut Conn, after, skip, limit| {
                source_links::walk(conn, entra, ObjectKind::User, after, skip, limit)
            };
            let all = seqs(conn, 0, 0, 10)?;
            assert_eq!(seqs(conn, 0, 1, 1)?, all[1..2]);
            assert_eq!(seqs(conn, all[0], 0, 10)?, all[1..]);
            let ids = |found: Vec<(scimitar_domain::SourceLink, scimitar_domain::User)>| -> Vec<String> {
                found.into_iter().map(|(link, _)| link.fields.id).collect()
            };
            assert_eq!(ids(source_links::users_numbered(conn, entra, &all)?), ["z", "y", "x"]);
            assert_eq!(ids(source_links::users_numbered(conn, entra, &all[1..2])?), ["y"]);
            assert_eq!(source_links::users_numbered(conn, source_id("okta"), &all)?, []);
            assert_eq!(source_links::count(conn, entra, ObjectKind::User)?, 3);
            assert_eq!(source_links::count(conn, entra, ObjectKind::Group)?, 0);
            assert_eq!(source_links::groups_numbered(conn, entra, &all)?, []);
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn the_version_of_a_group_rises_with_its_members() {
    let world = World::new();
    world
        .write(|conn| {
            let (ada, bea) = shared(conn)?;
            let staff = group_id("staff");
            let version = |conn: &mut Conn| -> Result<i64, StoreError> {
                let link = source_links::find(conn, ObjectKind::Group, "s")?.expect("the link");
                Ok(link.version)
            };
            let mut seen = vec![version(conn)?];
            groups::remove_member(conn, staff, pk(ada), at(2))?;
            seen.push(version(conn)?);
            groups::add_member(conn, staff, pk(ada), at(2))?;
            seen.push(version(conn)?);
            let fields = groups::get(conn, staff)?.fields;
            groups::update(conn, staff, &fields, Some(&[pk(bea)]), at(2))?;
            seen.push(version(conn)?);
            groups::update(conn, staff, &fields, Some(&[pk(bea)]), at(2))?;
            let fields = users::get(conn, pk(ada))?.fields;
            users::update(conn, pk(ada), &fields, Some(&[staff]), at(2))?;
            seen.push(version(conn)?);
            users::delete(conn, pk(ada), at(2))?;
            seen.push(version(conn)?);
            assert_eq!(seen, [2, 3, 4, 5, 6, 7]);
            Ok(())
        })
        .await;
}
