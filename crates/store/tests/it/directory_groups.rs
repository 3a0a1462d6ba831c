//! Groups: names, members and the tree.

use scimitar_domain::{Group, GroupFields, GroupId, UserPk};
use scimitar_store::{Conn, StoreError, Unique, groups, users};
use serde_json::json;

use crate::world::{World, at, called, group, group_id, user};

fn under(name: &str, parent: Option<&str>) -> GroupFields {
    GroupFields { parent: parent.map(group_id), ..called(name) }
}

fn make(conn: &mut Conn, name: &str, parent: Option<&str>) -> Result<Group, StoreError> {
    groups::insert(conn, group_id(name), &under(name, parent), &[], at(0))
}

fn versions(conn: &mut Conn, usernames: &[&str]) -> Result<Vec<i64>, StoreError> {
    usernames.iter().map(|name| Ok(users::find_by_username(conn, name)?.unwrap().version)).collect()
}

#[tokio::test]
async fn a_group_is_read_as_it_was_written() {
    let world = World::new();
    let fields = || GroupFields {
        is_superuser: true,
        parent: Some(group_id("parent")),
        attributes: json!({"a": {"b": []}}).as_object().unwrap().clone(),
        ..called("staff")
    };
    let written = world
        .write(move |conn| {
            make(conn, "parent", None)?;
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
            make(conn, "top", None)?;
            make(conn, "middle", Some("top"))?;
            make(conn, "bottom", Some("middle"))
        })
        .await;
    for parent in ["top", "middle", "bottom"] {
        let refused = world
            .refusal(move |conn| {
                groups::update(conn, group_id("top"), &under("top", Some(parent)), None, at(0))
            })
            .await;
        assert!(matches!(refused, StoreError::Circle), "{parent}: {refused:?}");
    }
    let refused = world
        .refusal(|conn| groups::insert(conn, group_id("own"), &under("own", Some("own")), &[], at(0)))
        .await;
    assert!(matches!(refused, StoreError::Circle), "{refused:?}");
    let refused = world.refusal(|conn| make(conn, "x", Some("nowhere"))).await;
    assert!(matches!(refused, StoreError::Missing { field: "parent", .. }), "{refused:?}");
    // Moving down the other way is fine.
    world
        .write(|conn| groups::update(conn, group_id("bottom"), &under("bottom", Some("top")), None, at(0)))
        .await;
}

#[tokio::test]
async fn a_circle_in_the_data_is_walked_once() {
    let world = World::new();
    let names = world
        .write(|conn| {
            make(conn, "a", None)?;
            make(conn, "b", Some("a"))?;
            make(conn, "c", Some("b"))?;
            // What two replicas could do at the same moment.
            crate::world::execute(
                conn,
                "UPDATE groups SET is_superuser = true, \
                 parent_id = (SELECT other.id FROM groups AS other WHERE other.name = 'c') WHERE name = 'a'",
            )?;
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
            make(conn, "top", None)?;
            make(conn, "left", Some("top"))?;
            make(conn, "right", Some("top"))?;
            make(conn, "leaf", Some("left"))?;
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
async fn the_children_of_a_deleted_group_become_roots() {
    let world = World::new();
    let child = world
        .write(|conn| {
            make(conn, "parent", None)?;
            make(conn, "child", Some("parent"))?;
            groups::delete(conn, group_id("parent"), at(0))?;
            groups::get(conn, group_id("child"))
        })
        .await;
    assert_eq!((child.fields.parent, child.version), (None::<GroupId>, 2));
}
