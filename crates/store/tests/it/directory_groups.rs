//! Groups: names, members, and what stands above them.

use scimitar_domain::{Group, GroupFields, GroupId, UserPk};
use scimitar_store::{Conn, StoreError, Unique, groups, users};
use serde_json::json;

use crate::world::{World, at, called, group, group_id, user};

fn under(name: &str, parents: &[&str]) -> GroupFields {
    GroupFields { parents: parents.iter().copied().map(group_id).collect(), ..called(name) }
}

fn make(conn: &mut Conn, name: &str, parents: &[&str]) -> Result<Group, StoreError> {
    groups::insert(conn, group_id(name), &under(name, parents), &[], at(0))
}

fn versions(conn: &mut Conn, usernames: &[&str]) -> Result<Vec<i64>, StoreError> {
    usernames.iter().map(|name| Ok(users::find_by_username(conn, name)?.unwrap().version)).collect()
}

#[tokio::test]
async fn a_group_is_read_as_it_was_written() {
    let world = World::new();
    let fields = || GroupFields {
        is_superuser: true,
        parents: vec![group_id("parent"), group_id("a parent too")],
        attributes: json!({"a": {"b": []}}).as_object().unwrap().clone(),
        ..called("staff")
    };
    let written = world
        .write(move |conn| {
            make(conn, "parent", &[])?;
            make(conn, "a parent too", &[])?;
            groups::insert(conn, group_id("staff"), &fields(), &[], at(0))
        })
        .await;
    assert_eq!(written, Group { id: group_id("staff"), fields: fields(), version: 1 });
    let (read, by_name) = world
        .read(|conn| Ok((groups::get(conn, group_id("staff"))?, groups::find_by_name(conn, "staff")?)))
        .await;
    assert_eq!((&read, by_name.as_ref()), (&written, Some(&written)));
    let taken = world.refusal(|conn| groups::insert(conn, group_id("2"), &called("staff"), &[], at(0))).await;
    assert!(matches!(taken, StoreError::Taken(Unique::GroupName)), "{taken:?}");
}

#[tokio::test]
async fn a_parent_that_would_close_a_circle_is_refused() {
    let world = World::new();
    world
        .write(|conn| {
            make(conn, "top", &[])?;
            make(conn, "aside", &[])?;
            make(conn, "middle", &["aside", "top"])?;
            make(conn, "bottom", &["middle"])
        })
        .await;
    for parent in ["top", "middle", "bottom"] {
        let refused = world
            .refusal(move |conn| {
                groups::update(conn, group_id("top"), &under("top", &["aside", parent]), None, at(0))
            })
            .await;
        assert!(matches!(refused, StoreError::Circle), "{parent}: {refused:?}");
    }
    let refused = world
        .refusal(|conn| groups::insert(conn, group_id("own"), &under("own", &["own"]), &[], at(0)))
        .await;
    assert!(matches!(refused, StoreError::Circle), "{refused:?}");
    let refused = world.refusal(|conn| make(conn, "x", &["top", "nowhere"])).await;
    assert!(matches!(refused, StoreError::Missing { field: "parents", .. }), "{refused:?}");
    // Moving down the other way is fine.
    world
        .write(|conn| {
            groups::update(conn, group_id("bottom"), &under("bottom", &["top", "aside"]), None, at(0))
        })
        .await;
}

#[tokio::test]
async fn a_circle_in_the_data_is_walked_once() {
    let world = World::new();
    let names = world
        .write(|conn| {
            make(conn, "a", &[])?;
            make(conn, "b", &["a"])?;
            make(conn, "c", &["b"])?;
            // What two replicas could do at the same moment.
            crate::world::execute(
                conn,
                "INSERT INTO group_parents (group_id, parent_id) \
                 SELECT a.id, c.id FROM groups AS a, groups AS c WHERE a.name = 'a' AND c.name = 'c'",
            )?;
            let from_c = "UPDATE groups SET is_superuser = true, \
                          parents = (SELECT {} FROM groups AS c WHERE c.name = 'c') WHERE name = 'a'";
            let array = match conn {
                Conn::Postgres(_) => "jsonb_build_array(c.id)",
                Conn::Sqlite(_) => "json_array(lower(hex(c.id)))",
            };
            crate::world::execute(conn, &from_c.replace("{}", array))?;
            let ada = user(conn, "ada")?.pk;
            groups::add_member(conn, group_id("c"), ada, at(0))?;
            assert!(users::is_superuser(conn, ada)?);
            Ok(groups::ancestors(conn, &[group_id("c")])?
                .into_iter()
                .map(|group| group.fields.name)
                .collect::<Vec<_>>())
        })
        .await;
    assert_eq!(names, ["b", "a", "c"]);
}

#[tokio::test]
async fn ancestors_come_nearest_first_and_once() {
    let world = World::new();
    let names = world
        .write(|conn| {
            make(conn, "top", &[])?;
            make(conn, "left", &["top"])?;
            make(conn, "right", &["top"])?;
            make(conn, "leaf", &["left", "top"])?;
            let of = [group_id("leaf"), group_id("right")];
            Ok(groups::ancestors(conn, &of)?.into_iter().map(|group| group.fields.name).collect::<Vec<_>>())
        })
        .await;
    assert_eq!(names.len(), 2);
    assert!(names.contains(&"left".to_owned()) && names.contains(&"top".to_owned()), "{names:?}");
}

#[tokio::test]
async fn a_membership_is_made_once_and_ended_once() {
    let world = World::new();
    let ada = world
        .write(|conn| {
            group(conn, "staff", &[])?;
            Ok(user(conn, "ada")?.pk)
        })
        .await;
    let staff = group_id("staff");
    let told = world
        .write(move |conn| {
            Ok([
                groups::add_member(conn, staff, ada, at(0))?,
                groups::add_member(conn, staff, ada, at(0))?,
                groups::remove_member(conn, staff, ada, at(0))?,
                groups::remove_member(conn, staff, ada, at(0))?,
            ])
        })
        .await;
    assert_eq!(told, [true, false, true, false]);
    let refused = world.refusal(move |conn| groups::add_member(conn, staff, UserPk(99), at(0))).await;
    assert!(matches!(refused, StoreError::NotFound("user")), "{refused:?}");
    let refused = world.refusal(move |conn| groups::remove_member(conn, group_id("x"), ada, at(0))).await;
    assert!(matches!(refused, StoreError::NotFound("group")), "{refused:?}");
}

#[tokio::test]
async fn the_version_of_a_user_follows_its_memberships() {
    let world = World::new();
    let seen = world
        .write(|conn| {
            for name in ["ada", "grace", "linus"] {
                user(conn, name)?;
            }
            let of = |conn: &mut Conn| versions(conn, &["ada", "grace", "linus"]);
            let pk = |conn: &mut Conn, name: &str| -> Result<UserPk, StoreError> {
                Ok(users::find_by_username(conn, name)?.unwrap().pk)
            };
            let mut seen = vec![of(conn)?];
            let staff = group(conn, "staff", &["ada", "grace"])?;
            seen.push(of(conn)?);
            let members = [pk(conn, "grace")?, pk(conn, "linus")?];
            groups::update(conn, staff.id, &staff.fields, Some(&members), at(0))?;
            seen.push(of(conn)?);
            groups::update(conn, staff.id, &called("renamed"), None, at(0))?;
            seen.push(of(conn)?);
            groups::delete(conn, staff.id, at(0))?;
            seen.push(of(conn)?);
            Ok(seen)
        })
        .await;
    assert_eq!(seen, [[1, 1, 1], [2, 2, 1], [3, 2, 2], [3, 2, 2], [3, 3, 3]]);
}

#[tokio::test]
async fn members_are_listed_for_many_groups_at_once() {
    let world = World::new();
    let listed = world
        .write(|conn| {
            user(conn, "ada")?;
            user(conn, "grace")?;
            group(conn, "one", &["grace", "ada"])?;
            group(conn, "two", &["ada"])?;
            let members = groups::members(conn, &[group_id("one"), group_id("two")])?;
            Ok(members.into_iter().map(|(group, user)| (group, user.fields.username)).collect::<Vec<_>>())
        })
        .await;
    let of = |name: &str| -> Vec<&str> {
        listed.iter().filter(|(id, _)| *id == group_id(name)).map(|(_, user)| user.as_str()).collect()
    };
    assert_eq!((of("one"), of("two")), (vec!["ada", "grace"], vec!["ada"]));
}

#[tokio::test]
async fn the_children_of_a_deleted_group_keep_their_other_parents() {
    let world = World::new();
    let (child, below_other, below_both) = world
        .write(|conn| {
            for name in ["parent", "other", "third"] {
                make(conn, name, &[])?;
            }
            make(conn, "child", &["parent", "other", "third"])?;
            make(conn, "only", &["parent"])?;
            let children = |conn: &mut Conn, ids: &[&str]| {
                let ids: Vec<GroupId> = ids.iter().copied().map(group_id).collect();
                let found = groups::children(conn, &ids)?;
                Ok::<_, StoreError>(found.into_iter().map(|group| group.fields.name).collect::<Vec<_>>())
            };
            assert_eq!(children(conn, &["parent", "other"])?, ["child", "only"]);
            groups::delete(conn, group_id("parent"), at(0))?;
            assert_eq!(groups::get(conn, group_id("only"))?.fields, called("only"));
            let below = children(conn, &["other"])?;
            groups::update(conn, group_id("child"), &under("child", &["third"]), None, at(0))?;
            let both = (children(conn, &["other"])?, children(conn, &["third"])?);
            Ok((groups::get(conn, group_id("child"))?, below, both))
        })
        .await;
    assert_eq!((child.fields, child.version), (under("child", &["third"]), 3));
    assert_eq!((below_other, below_both), (vec!["child".to_owned()], (vec![], vec!["child".to_owned()])));
}

#[tokio::test]
async fn power_comes_from_any_of_several_parents() {
    let world = World::new();
    let powers = world
        .write(|conn| {
            let ada = user(conn, "ada")?.pk;
            make(conn, "plain", &[])?;
            let fields = GroupFields { is_superuser: true, ..called("powerful") };
            groups::insert(conn, group_id("powerful"), &fields, &[], at(0))?;
            make(conn, "both", &["plain", "powerful"])?;
            groups::add_member(conn, group_id("both"), ada, at(0))?;
            let before = users::is_superuser(conn, ada)?;
            groups::update(conn, group_id("both"), &under("both", &["plain"]), None, at(0))?;
            Ok((before, users::is_superuser(conn, ada)?))
        })
        .await;
    assert_eq!(powers, (true, false));
}
