//! Every mutation leaves exactly the changes that it should.

use std::collections::BTreeSet;

use scimitar_domain::{
    ApplicationFields, ApplicationId, ChangeKind, GroupFields, MappingFields, MappingId, MappingKind,
    ProviderFields, UserFields, UserUuid,
};
use scimitar_store::{Conn, StoreError, applications, changes, groups, mappings, users};

use crate::world::{World, at, called, drain, group, group_id, id, named, provider, to, user};

/// A mutation by its name, and what it leaves.
type Step = (&'static str, Vec<ChangeKind>);

#[tokio::test]
async fn mutations_of_users() {
    let world = World::new();
    let steps = world
        .write(|conn| {
            group(conn, "one", &[])?;
            group(conn, "two", &[])?;
            drain(conn)?;
            let (one, two) = (group_id("one"), group_id("two"));
            let mut steps: Vec<Step> = Vec::new();
            let ada = users::insert(conn, UserUuid(id("ada")), &named("ada"), &[one], at(0))?.pk;
            steps.push(("insert", drain(conn)?));
            users::update(conn, ada, &named("ada"), Some(&[one]), at(0))?;
            steps.push(("update nothing", drain(conn)?));
            let login = UserFields { last_login: Some(at(1)), ..named("ada") };
            users::update(conn, ada, &login, None, at(0))?;
            steps.push(("log in", drain(conn)?));
            users::update(conn, ada, &named("lovelace"), None, at(0))?;
            steps.push(("rename", drain(conn)?));
            users::update(conn, ada, &named("lovelace"), Some(&[two]), at(0))?;
            steps.push(("move", drain(conn)?));
            users::update(conn, ada, &named("ada"), Some(&[]), at(0))?;
            steps.push(("rename and leave", drain(conn)?));
            users::delete(conn, ada, at(0))?;
            steps.push(("delete", drain(conn)?));
            Ok((ada, steps))
        })
        .await;
    let (user, steps) = steps;
    let (one, two) = (group_id("one"), group_id("two"));
    let saved = ChangeKind::UserSaved { user };
    assert_eq!(
        steps,
        [
            ("insert", vec![saved, ChangeKind::MemberAdded { group: one, user }]),
            ("update nothing", vec![]),
            ("log in", vec![]),
            ("rename", vec![saved]),
            (
                "move",
                vec![
                    ChangeKind::MemberAdded { group: two, user },
                    ChangeKind::MemberRemoved { group: one, user }
                ]
            ),
            ("rename and leave", vec![saved, ChangeKind::MemberRemoved { group: two, user }]),
            ("delete", vec![ChangeKind::UserDeleted { user }]),
        ]
    );
}

#[tokio::test]
async fn mutations_of_groups() {
    let world = World::new();
    let (ada, grace, steps) = world
        .write(|conn| {
            let (ada, grace) = (user(conn, "ada")?.pk, user(conn, "grace")?.pk);
            drain(conn)?;
            let staff = group_id("staff");
            let mut steps: Vec<Step> = Vec::new();
            groups::insert(conn, staff, &called("staff"), &[ada], at(0))?;
            steps.push(("insert", drain(conn)?));
            groups::update(conn, staff, &called("staff"), Some(&[ada]), at(0))?;
            steps.push(("update nothing", drain(conn)?));
            groups::update(conn, staff, &called("crew"), Some(&[grace]), at(0))?;
            steps.push(("rename and swap", drain(conn)?));
            groups::add_member(conn, staff, ada, at(0))?;
            groups::add_member(conn, staff, ada, at(0))?;
            steps.push(("add twice", drain(conn)?));
            groups::remove_member(conn, staff, ada, at(0))?;
            groups::remove_member(conn, staff, ada, at(0))?;
            steps.push(("remove twice", drain(conn)?));
            let (both, nobody) = (BTreeSet::from([ada, grace]), BTreeSet::new());
            groups::change_members(conn, staff, &both, &nobody, at(0))?;
            groups::change_members(conn, staff, &both, &nobody, at(0))?;
            steps.push(("add both", drain(conn)?));
            groups::change_members(conn, staff, &BTreeSet::from([grace]), &BTreeSet::from([ada]), at(0))?;
            steps.push(("remove one", drain(conn)?));
            let child = GroupFields { parents: vec![staff], ..called("child") };
            groups::insert(conn, group_id("child"), &child, &[], at(0))?;
            steps.push(("insert below", drain(conn)?));
            groups::delete(conn, staff, at(0))?;
            steps.push(("delete", drain(conn)?));
            groups::insert(conn, group_id("top"), &called("top"), &[], at(0))?;
            drain(conn)?;
            let moved = GroupFields { parents: vec![group_id("top")], ..called("child") };
            groups::update(conn, group_id("child"), &moved, None, at(0))?;
            steps.push(("move", drain(conn)?));
            groups::delete(conn, group_id("child"), at(0))?;
            steps.push(("delete below", drain(conn)?));
            Ok((ada, grace, steps))
        })
        .await;
    let group = group_id("staff");
    let saved = ChangeKind::GroupSaved { group };
    let (child, top) = (group_id("child"), group_id("top"));
    let below = |group| ChangeKind::ChildrenChanged { group };
    assert_eq!(
        steps,
        [
            ("insert", vec![saved, ChangeKind::MemberAdded { group, user: ada }]),
            ("update nothing", vec![]),
            (
                "rename and swap",
                vec![
                    saved,
                    ChangeKind::MemberAdded { group, user: grace },
                    ChangeKind::MemberRemoved { group, user: ada }
                ]
            ),
            ("add twice", vec![ChangeKind::MemberAdded { group, user: ada }]),
            ("remove twice", vec![ChangeKind::MemberRemoved { group, user: ada }]),
            ("add both", vec![ChangeKind::MemberAdded { group, user: ada }]),
            ("remove one", vec![ChangeKind::MemberRemoved { group, user: ada }]),
            ("insert below", vec![ChangeKind::GroupSaved { group: child }, below(group)]),
            ("delete", vec![ChangeKind::GroupDeleted { group }, ChangeKind::GroupSaved { group: child }]),
            ("move", vec![ChangeKind::GroupSaved { group: child }, below(top)]),
            ("delete below", vec![ChangeKind::GroupDeleted { group: child }, below(top)]),
        ]
    );
}

#[tokio::test]
async fn mutations_of_mappings_and_applications() {
    let world = World::new();
    let (first, second, steps) = world
        .write(|conn| {
            let mut steps: Vec<Step> = Vec::new();
            let mapping = MappingId(id("mapping"));
            mappings::insert(conn, mapping, MappingKind::Provider, &expression("return {}"))?;
            steps.push(("insert mapping", drain(conn)?));
            let first = ProviderFields { property_mappings: vec![mapping], ..to("first") };
            let first = provider(conn, &first)?.pk;
            let second = provider(conn, &to("second"))?.pk;
            drain(conn)?;
            mappings::update(conn, mapping, &expression("return {}"), at(0))?;
            steps.push(("update nothing", drain(conn)?));
            mappings::update(conn, mapping, &expression("return None"), at(0))?;
            steps.push(("update mapping", drain(conn)?));
            mappings::delete(conn, mapping, at(0))?;
            steps.push(("delete mapping", drain(conn)?));
            let app = ApplicationId(id("app"));
            let mut fields = ApplicationFields {
                name: "app".to_owned(),
                slug: "app".to_owned(),
                backchannel_providers: vec![first],
                ..ApplicationFields::default()
            };
            applications::insert(conn, app, &fields, at(0))?;
            steps.push(("insert application", drain(conn)?));
            fields.backchannel_providers = vec![first, second];
            applications::update(conn, app, &fields, at(0))?;
            steps.push(("attach another", drain(conn)?));
            fields.backchannel_providers = vec![];
            applications::update(conn, app, &fields, at(0))?;
            steps.push(("let go", drain(conn)?));
            Ok((first, second, steps))
        })
        .await;
    let application = ApplicationId(id("app"));
    let saved = ChangeKind::ApplicationSaved { application };
    assert_eq!(
        steps,
        [
            ("insert mapping", vec![]),
            ("update nothing", vec![]),
            ("update mapping", vec![ChangeKind::MappingSaved { mapping: MappingId(id("mapping")) }]),
            ("delete mapping", vec![ChangeKind::ProviderSaved { provider: first }]),
            ("insert application", vec![saved, ChangeKind::ProviderSaved { provider: first }]),
            ("attach another", vec![saved, ChangeKind::ProviderSaved { provider: second }]),
            ("let go", vec![saved]),
        ]
    );
}

fn expression(text: &str) -> MappingFields {
    MappingFields { name: "mapping".to_owned(), expression: text.to_owned(), managed: None }
}

#[tokio::test]
async fn changes_are_taken_oldest_first_and_stay_until_they_are_removed() {
    let world = World::new();
    let (ada, grace) = world.write(|conn| Ok((user(conn, "ada")?.pk, user(conn, "grace")?.pk))).await;
    let look = |conn: &mut Conn| -> Result<_, StoreError> {
        Ok((changes::take(conn, 1)?, changes::count(conn)?, changes::oldest_at(conn)?))
    };
    let (taken, count, oldest) = world.write(look).await;
    assert_eq!((taken[0].kind, count, oldest), (ChangeKind::UserSaved { user: ada }, 2, Some(at(0))));
    let first = taken[0].id;
    world.write(move |conn| changes::remove(conn, &[first])).await;
    let (taken, count, _) = world.write(look).await;
    assert_eq!((taken[0].kind, count), (ChangeKind::UserSaved { user: grace }, 1));
    assert!(taken[0].id > first);
    world.write(drain).await;
    assert_eq!(world.write(look).await, (vec![], 0, None));
}

#[tokio::test]
async fn what_is_rolled_back_leaves_no_change() {
    let world = World::new();
    let refused = world
        .refusal(|conn| {
            user(conn, "ada")?;
            user(conn, "ada")
        })
        .await;
    assert!(matches!(refused, StoreError::Taken(_)), "{refused:?}");
    assert_eq!(world.write(drain).await, []);
}
