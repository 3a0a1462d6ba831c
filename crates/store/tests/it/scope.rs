//! Who and what is in scope, and what there is to do.

use scimitar_domain::{GroupId, ObjectId, Provider, ProviderFields, UserFields, UserKind, UserPk};
use scimitar_store::claims::LinkResult;
use scimitar_store::{groups, members, providers, scope, users};

use crate::setting::{Setting, at, attempt, written};

/// The users in scope of a provider with these fields, by name, and whether all ways to ask agree.
#[track_caller]
fn check_users(set: impl FnOnce(&mut ProviderFields, GroupId), expected: &[&str]) {
    let setting = Setting::new();
    let ada = setting.user("ada");
    let robot = setting.user_of_kind("robot", UserKind::ServiceAccount);
    let daemon = setting.user_of_kind("daemon", UserKind::InternalServiceAccount);
    let guest = setting.user_of_kind("guest", UserKind::External);
    let gone = setting.user("gone");
    let inactive = UserFields { username: "gone".into(), is_active: false, ..UserFields::default() };
    setting.run(move |conn| users::update(conn, gone, &inactive, None, at(0)));
    let all = [ada, robot, daemon, guest, gone];
    let names = ["ada", "robot", "daemon", "guest", "gone"];
    let team = setting.group("team", &[gone, ada, robot]);
    let provider = setting.provider_with("app", |fields| set(fields, team));
    let name_of = |pk: &UserPk| names[all.iter().position(|it| it == pk).unwrap()];
    let (due, listed, asked, count) = setting.run(move |conn| {
        Ok((
            scope::users_due(conn, &provider, None, None, 100, false)?,
            scope::users_due(conn, &provider, None, None, 100, true)?,
            scope::users_in_scope(conn, &provider, &all)?,
            scope::count_users(conn, &provider)?,
        ))
    });
    assert_eq!(due.iter().map(name_of).collect::<Vec<_>>(), expected);
    assert_eq!(listed, due);
    assert_eq!(asked.into_iter().collect::<Vec<_>>(), due);
    assert_eq!(count, i64::try_from(due.len()).unwrap());
}

#[test]
fn users_are_limited_by_the_filter_group_and_by_their_kind() {
    check_users(|_, _| (), &["ada", "robot", "daemon", "guest", "gone"]);
    check_users(|fields, _| fields.exclude_users_service_account = true, &["ada", "guest", "gone"]);
    check_users(|fields, team| fields.filter_group = Some(team), &["ada", "robot", "gone"]);
    check_users(
        |fields, team| {
            fields.filter_group = Some(team);
            fields.exclude_users_service_account = true;
        },
        &["ada", "gone"],
    );
    check_users(
        |fields, team| fields.group_filters = vec![team],
        &["ada", "robot", "daemon", "guest", "gone"],
    );
}

#[test]
fn groups_are_limited_by_the_group_filters_alone() {
    let setting = Setting::new();
    let mut ids = ["one", "two", "three"].map(|name| setting.group(name, &[]));
    ids.sort();
    let check = |name: &str, set: &dyn Fn(&mut ProviderFields), expected: &[GroupId]| {
        let provider = setting.provider_with(name, |fields| set(fields));
        let (due, asked, count) = setting.run(move |conn| {
            Ok((
                scope::groups_due(conn, &provider, None, None, 100, false)?,
                scope::groups_in_scope(conn, &provider, &ids)?,
                scope::count_groups(conn, &provider)?,
            ))
        });
        assert_eq!(due, expected, "{name}");
        assert_eq!(asked.into_iter().collect::<Vec<_>>(), expected, "{name}");
        assert_eq!(count, i64::try_from(expected.len()).unwrap(), "{name}");
    };
    check("all", &|_| (), &ids);
    check("filter-group", &|fields| fields.filter_group = Some(ids[0]), &ids);
    check("some", &|fields| fields.group_filters = vec![ids[2], ids[0]], &[ids[0], ids[2]]);
}

#[test]
fn pages_are_ranges_of_keys() {
    let setting = Setting::new();
    let users: Vec<UserPk> = (0..5).map(|i| setting.user(&format!("user{i}"))).collect();
    let team = setting.group("team", &users);
    for filter in [None, Some(team)] {
        let provider =
            setting.provider_with(&format!("app{}", filter.is_some()), |fields| fields.filter_group = filter);
        let due = |after: Option<UserPk>, upto: Option<UserPk>, limit: i64| {
            let provider = provider.clone();
            setting.run(move |conn| scope::users_due(conn, &provider, after, upto, limit, true))
        };
        assert_eq!(due(None, None, 2), users[..2]);
        assert_eq!(due(Some(users[1]), None, 2), users[2..4]);
        assert_eq!(due(Some(users[1]), Some(users[2]), 9), users[2..3]);
        assert_eq!(due(Some(users[4]), None, 9), []);
    }
}

/// Whether a user is due after its link got `result`, and after the user was changed then.
#[track_caller]
fn check_due(result: impl FnOnce(&Provider) -> LinkResult, expected: bool, when_changed: bool) {
    let setting = Setting::new();
    let provider = setting.provider("app");
    let ada = setting.user("ada");
    let claim = setting.claim(provider.pk, ObjectId::User(ada));
    setting.record(&claim, result(&provider));
    let is_due = || {
        let provider = provider.clone();
        !setting.run(move |conn| scope::users_due(conn, &provider, None, None, 9, false)).is_empty()
    };
    assert_eq!(is_due(), expected);
    let renamed = UserFields { username: "bea".into(), ..UserFields::default() };
    setting.run(move |conn| users::update(conn, ada, &renamed, None, at(1)));
    assert_eq!(is_due(), when_changed);
}

#[test]
fn an_object_is_due_until_it_is_dealt_with() {
    let failed = |next_at, forget_remote| {
        move |provider: &Provider| LinkResult::Failed {
            attempt: attempt(next_at),
            forget_remote,
            version: 1,
            revision: provider.revision,
        }
    };
    check_due(|_| LinkResult::Released, true, true);
    check_due(|provider| written("r1", 1, provider.revision), false, true);
    check_due(|provider| written("r1", 1, provider.revision - 1), true, true);
    check_due(|provider| written("r1", 0, provider.revision), true, true);
    check_due(|provider| LinkResult::Kept { version: 1, revision: provider.revision }, false, true);
    check_due(|_| LinkResult::Forgotten, true, true);
    check_due(failed(Some(at(5)), false), true, true);
    check_due(failed(None, false), false, true);
    check_due(failed(None, true), false, true);
}

#[test]
fn a_provider_that_is_saved_makes_everybody_due() {
    let setting = Setting::new();
    let provider = setting.provider("app");
    let ada = setting.user("ada");
    setting.link(&provider, ada, "r1");
    let (keyring, fields, pk) = (setting.keyring.clone(), provider.fields.clone(), provider.pk);
    let saved = setting.run(move |conn| providers::update(conn, &keyring, pk, &fields, at(1)));
    assert_eq!(setting.run(move |conn| scope::users_due(conn, &saved, None, None, 9, false)), [ada]);
}

#[test]
fn a_group_is_due_while_its_members_differ_from_those_acknowledged() {
    let setting = Setting::new();
    let provider = setting.provider("app");
    let (ada, bea) = (setting.user("ada"), setting.user("bea"));
    let team = setting.group("team", &[ada]);
    let group = setting.link(&provider, team, "g1");
    let is_due = || {
        let provider = provider.clone();
        !setting.run(move |conn| scope::groups_due(conn, &provider, None, None, 9, false)).is_empty()
    };
    assert!(!is_due(), "a member that is not linked is none at the remote");
    let member = setting.link(&provider, ada, "u1");
    assert!(is_due());
    setting.run(move |conn| members::acknowledge(conn, group, &[member], &[], &[]));
    assert!(is_due(), "a membership is still marked");
    let looked = setting.run(move |conn| members::pending(conn, provider.pk, team, 9)).looked_at;
    setting.run(move |conn| members::acknowledge(conn, group, &[], &[], &looked));
    assert!(!is_due());
    setting.run(move |conn| groups::add_member(conn, team, bea, at(1)));
    assert!(!is_due());
    setting.run(move |conn| groups::remove_member(conn, team, ada, at(1)));
    assert!(is_due(), "one too many is acknowledged");
    setting.run(move |conn| members::acknowledge(conn, group, &[], &[member], &[]));
    assert!(!is_due());
}

#[test]
fn a_parked_group_waits_for_a_change_whatever_its_members() {
    let setting = Setting::new();
    let provider = setting.provider("app");
    let ada = setting.user("ada");
    let team = setting.group("team", &[ada]);
    setting.link(&provider, team, "g1");
    setting.link(&provider, ada, "u1");
    let is_due = || {
        let provider = provider.clone();
        !setting.run(move |conn| scope::groups_due(conn, &provider, None, None, 9, false)).is_empty()
    };
    assert!(is_due());
    let parked = LinkResult::Failed {
        attempt: attempt(None),
        forget_remote: false,
        version: 1,
        revision: provider.revision,
    };
    setting.record(&setting.claim(provider.pk, ObjectId::Group(team)), parked);
    assert!(!is_due());
}

#[test]
fn what_has_left_the_scope_and_is_at_the_remote_has_departed() {
    let setting = Setting::new();
    let (ada, bea, cleo) = (setting.user("ada"), setting.user("bea"), setting.user("cleo"));
    let robot = setting.user_of_kind("robot", UserKind::ServiceAccount);
    let (team, other) = (setting.group("team", &[ada, robot]), setting.group("other", &[]));
    let provider = setting.provider("app");
    for (object, remote_id) in [(ada, "1"), (bea, "2"), (robot, "3")] {
        setting.link(&provider, object, remote_id);
    }
    for (object, remote_id) in [(team, "1"), (other, "2")] {
        setting.link(&provider, object, remote_id);
    }
    // The remote has never heard of her.
    setting.claim(provider.pk, ObjectId::User(cleo));
    let check = |set: &dyn Fn(&mut ProviderFields), expected: &[ObjectId]| {
        let mut provider = provider.clone();
        set(&mut provider.fields);
        let (keyring, fields, pk) = (setting.keyring.clone(), provider.fields.clone(), provider.pk);
        let provider = setting.run(move |conn| providers::update(conn, &keyring, pk, &fields, at(1)));
        let mut departed = Vec::new();
        let mut after = None;
        // One at a time, so that the pages are tried as well.
        loop {
            let provider = provider.clone();
            let page = setting.run(move |conn| scope::departed(conn, &provider, after, at(0), 1));
            let Some((link, object)) = page.first().copied() else { break };
            after = Some(link);
            departed.push(object);
        }
        departed.sort();
        assert_eq!(departed, expected);
    };
    let user = ObjectId::User;
    check(&|_| (), &[]);
    check(&|fields| fields.exclude_users_service_account = true, &[user(robot)]);
    check(&|fields| fields.filter_group = Some(team), &[user(bea)]);
    check(&|fields| fields.group_filters = vec![team], &[ObjectId::Group(other)]);
    check(
        &|fields| {
            fields.exclude_users_service_account = true;
            fields.filter_group = Some(team);
            fields.group_filters = vec![other];
        },
        &[user(bea), user(robot), ObjectId::Group(team)],
    );
}
