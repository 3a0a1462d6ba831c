//! What deleted objects leave behind.

use scimitar_domain::{LinkState, ObjectId, ObjectKind};
use scimitar_store::{claims, groups, links, providers, tombstones, users};

use crate::setting::{Setting, at, attempt};

#[test]
fn a_deleted_object_leaves_its_remote_id_at_every_provider() {
    let setting = Setting::new();
    let (one, two, three) = (setting.provider("one"), setting.provider("two"), setting.provider("three"));
    let ada = setting.user("ada");
    let team = setting.group("team", &[ada]);
    let link = setting.link(&one, ada, "u1");
    setting.link(&two, ada, "u2");
    setting.claim(three.pk, ObjectId::User(ada));
    setting.link(&one, team, "g1");
    setting.run(move |conn| users::delete(conn, ada, at(1)));
    setting.run(move |conn| groups::delete(conn, team, at(1)));
    let left = setting.run(move |conn| tombstones::of_object(conn, ObjectId::User(ada)));
    let remote_ids: Vec<_> = left.iter().filter_map(|it| it.state.remote_id()).collect();
    assert_eq!(remote_ids, ["u1", "u2"], "the third remote has never heard of her");
    assert_eq!((left[0].id.0, left[0].label.as_str(), left[0].provider), (link.0, "ada", one.pk));
    let of_group = setting.run(move |conn| tombstones::of_object(conn, ObjectId::Group(team))).remove(0);
    assert_eq!(of_group.state, LinkState::Linked { remote_id: "g1".to_owned() });
    assert_eq!(setting.run(move |conn| links::find(conn, link)), None);

    let holds = |kind: ObjectKind, remote_id: &'static str| {
        setting.run(move |conn| tombstones::holds_remote(conn, one.pk, kind, remote_id))
    };
    assert!(holds(ObjectKind::User, "u1"));
    assert!(!holds(ObjectKind::Group, "u1") && !holds(ObjectKind::User, "u2"));
    assert_eq!(setting.run(move |conn| tombstones::count(conn, one.pk)), 2);
}

#[test]
fn tombstones_are_paged_tried_and_removed() {
    let setting = Setting::new();
    let provider = setting.provider("app");
    for i in 0..3 {
        let user = setting.user(&format!("user{i}"));
        setting.link(&provider, user, &format!("u{i}"));
        setting.run(move |conn| users::delete(conn, user, at(1)));
    }
    let pk = provider.pk;
    let all = setting.run(move |conn| tombstones::due(conn, pk, None, at(1), 9));
    assert_eq!(all.len(), 3);
    let first = all[0].id;
    let rest = setting.run(move |conn| tombstones::due(conn, pk, Some(first), at(1), 9));
    assert_eq!(rest, all[1..]);
    assert_eq!(all[0].attempt, None);
    setting.run(move |conn| tombstones::fail(conn, first, &attempt(Some(at(7)))));
    let tried = setting.run(move |conn| tombstones::find(conn, first)).unwrap();
    assert_eq!(tried.attempt, Some(attempt(Some(at(7)))));
    setting.run(move |conn| tombstones::remove(conn, first));
    assert_eq!(setting.run(move |conn| tombstones::find(conn, first)), None);
    setting.run(move |conn| providers::delete(conn, pk));
    assert_eq!(setting.run(move |conn| tombstones::due(conn, pk, None, at(1), 9)), []);
}

#[test]
fn what_is_deleted_while_nothing_was_sent_leaves_nothing() {
    let setting = Setting::new();
    let provider = setting.provider("app");
    let ada = setting.user("ada");
    let claim = setting.claim(provider.pk, ObjectId::User(ada));
    setting.record(&claim, claims::LinkResult::Released);
    setting.run(move |conn| users::delete(conn, ada, at(1)));
    assert_eq!(setting.run(move |conn| tombstones::of_object(conn, ObjectId::User(ada))), []);
}
