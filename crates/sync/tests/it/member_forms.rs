//! A remote that refuses the usual way of removing members is asked the other way, once, and by all who come after.

use scimitar_domain::{GroupId, ObjectId, UserPk};
use scimitar_testkit::remote::{Behaviour, FaultKind, MemberForm, Scripted, Verbs};
use scimitar_testkit::world::World;

use crate::tell::{learned, state, told};

/// A world with a group of so many members at the remote, and the requests so far forgotten.
async fn with_team(behaviour: Behaviour, n: usize) -> (World, Vec<UserPk>, GroupId) {
    let world = World::with(behaviour).await;
    let mut people = Vec::new();
    for number in 0..n {
        people.push(world.user(&format!("user{number}")).await);
        // One by one, so that who has which id is known.
        world.settle().await;
    }
    let team = world.group("team", &people).await;
    world.settle().await;
    assert_eq!(world.remote.members("g1").len(), n);
    world.remote.clear_requests();
    (world, people, team)
}

#[tokio::test]
async fn a_refused_way_to_remove_members_gives_way_to_the_other_for_everybody() {
    let behaviour = Behaviour { member_form: MemberForm::ValueArray, ..Behaviour::default() };
    let (world, people, team) = with_team(behaviour, 4).await;
    world.leave(people[0], team).await;
    world.settle().await;
    insta::assert_snapshot!(told(&world.remote), @r#"
    PATCH /Groups/g1 {"op":"remove","path":"members[value eq \"u1\"]"}
    PATCH /Groups/g1 {"op":"remove","path":"members","value":[{"value":"u1"}]}
    "#);
    assert_eq!(
        learned(&world).await,
        [
            "group removed_by_value_list: the remote rejected the request with 400 (invalidPath): members are removed \
           by a `value` array here"
        ]
    );

    world.remote.clear_requests();
    let (engine, runner) = world.replica("second");
    world.leave(people[1], team).await;
    engine.dispatch().await.unwrap();
    while runner.run_due().await.unwrap() > 0 {}
    world.leave(people[2], team).await;
    world.settle().await;
    insta::assert_snapshot!(told(&world.remote), @r#"
    PATCH /Groups/g1 {"op":"remove","path":"members","value":[{"value":"u2"}]}
    PATCH /Groups/g1 {"op":"remove","path":"members","value":[{"value":"u3"}]}
    "#);
    assert_eq!(world.remote.members("g1").len(), 1);
}

#[tokio::test]
async fn who_comes_while_others_leave_comes_at_once_although_the_way_is_refused() {
    let behaviour = Behaviour { member_form: MemberForm::ValueArray, ..Behaviour::default() };
    let (world, people, team) = with_team(behaviour, 3).await;
    let eve = world.user("eve").await;
    world.settle().await;
    world.leave(people[0], team).await;
    world.leave(people[1], team).await;
    world.join(eve, team).await;
    world.settle().await;
    assert_eq!(
        world.remote.members("g1"),
        ["u3".to_owned(), "u4".to_owned()].into(),
        "{}",
        told(&world.remote)
    );
    assert_eq!(learned(&world).await.len(), 1);
}

#[tokio::test]
async fn what_a_profile_says_of_the_way_gives_way_too_and_is_tried_again_when_somebody_forgets() {
    let behaviour = Behaviour { member_form: MemberForm::FilterPath, ..Behaviour::default() };
    let world = World::with(behaviour).await.knowing("story", "[members]\nremoved_by = \"value_list\"");
    world.change_provider(|provider| provider.profile = "story".to_owned()).await;
    let ada = world.user("ada").await;
    world.settle().await;
    let people = [ada, world.user("bob").await];
    world.settle().await;
    let team = world.group("team", &people).await;
    world.settle().await;
    world.leave(people[0], team).await;
    world.settle().await;
    assert!(learned(&world).await[0].starts_with("group removed_by_value_path: "));

    world.engine.forget_lessons(world.provider).await.unwrap();
    world.remote.alter(|behaviour| behaviour.member_form = MemberForm::Any);
    world.settle().await;
    world.remote.clear_requests();
    world.leave(people[1], team).await;
    world.settle().await;
    insta::assert_snapshot!(told(&world.remote), @r#"PATCH /Groups/g1 {"op":"remove","path":"members","value":[{"value":"u2"}]}"#);
    assert_eq!(learned(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn where_members_leave_in_neither_way_the_group_goes_as_a_whole() {
    let behaviour = Behaviour { member_form: MemberForm::Never, ..Behaviour::default() };
    let (world, people, team) = with_team(behaviour, 3).await;
    world.leave(people[0], team).await;
    world.settle().await;
    insta::assert_snapshot!(world.remote.writes(), @"
    PATCH /Groups/g1 -> 400
    PATCH /Groups/g1 -> 400
    PUT /Groups/g1 -> 200
    ");
    assert_eq!(world.remote.members("g1"), ["u2".to_owned(), "u3".to_owned()].into());
    assert_eq!(state(&world, ObjectId::Group(team)).await, "linked g1");
    assert_eq!(learned(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn where_nothing_is_taken_the_first_answer_is_told() {
    let behaviour = Behaviour {
        member_form: MemberForm::Never,
        groups: Verbs { put: false, ..Verbs::default() },
        ..Behaviour::default()
    };
    let (world, people, team) = with_team(behaviour, 2).await;
    world.leave(people[0], team).await;
    world.step().await;
    let told = state(&world, ObjectId::Group(team)).await;
    assert!(told.contains("the remote refuses member `u1`"), "{told}");
    assert!(told.contains("members are removed by a `value` array here"), "{told}");
    assert_eq!(world.remote.members("g1").len(), 2);
}

#[tokio::test]
async fn a_400_for_another_reason_teaches_nothing() {
    let (world, people, team) = with_team(Behaviour::default(), 3).await;
    world.remote.next_answers([Scripted::new(FaultKind::Status(400)).on("PATCH", "/Groups/g1").times(2)]);
    world.leave(people[0], team).await;
    world.settle().await;
    assert_eq!(world.remote.members("g1").len(), 2, "{}", world.remote.transcript());
    assert_eq!(learned(&world).await, Vec::<String>::new());
    assert_eq!(state(&world, ObjectId::Group(team)).await, "linked g1");
}
