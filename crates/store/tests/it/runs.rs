//! Full syncs and their counts.

use scimitar_domain::{KindCounts, ProviderPk, Run, RunCounts, RunId, RunState, RunTrigger};
use scimitar_store::runs;

use crate::setting::{Setting, at};

fn start(setting: &Setting, provider: ProviderPk, minute: i64) -> RunId {
    let run = Run {
        id: RunId(setting.uuid()),
        provider,
        trigger: RunTrigger::Schedule,
        dry_run: false,
        state: RunState::Users,
        started_at: at(minute),
        finished_at: None,
        counts: RunCounts::default(),
        detail: None,
    };
    let id = run.id;
    let expected = run.clone();
    setting.run(move |conn| runs::start(conn, &run));
    assert_eq!(setting.run(move |conn| runs::find(conn, id)), Some(expected));
    id
}

#[test]
fn pages_that_end_side_by_side_are_all_counted_and_one_of_them_is_the_last() {
    let setting = Setting::new();
    let provider = setting.provider("app").pk;
    let id = start(&setting, provider, 0);
    setting.run(move |conn| runs::add_pages(conn, id, 20));
    let delta = RunCounts {
        in_scope: 0,
        created: 1,
        adopted: 2,
        updated: 3,
        deleted: 4,
        skipped: 5,
        failed: 6,
        member_changes: 7,
        of_groups: KindCounts {
            in_scope: 0,
            created: 1,
            adopted: 1,
            updated: 2,
            deleted: 2,
            skipped: 3,
            failed: 4,
        },
    };
    let mut open = setting.run_all(20, move |conn, _| runs::page_done(conn, id, &delta));
    open.sort_unstable();
    assert_eq!(open, (0..20).collect::<Vec<i64>>());
    setting.run(move |conn| runs::set_scope(conn, id, 99, 9));
    let counts = setting.run(move |conn| runs::find(conn, id)).unwrap().counts;
    let expected = RunCounts {
        in_scope: 99,
        created: 20,
        adopted: 40,
        updated: 60,
        deleted: 80,
        skipped: 100,
        failed: 120,
        member_changes: 140,
        of_groups: KindCounts {
            in_scope: 9,
            created: 20,
            adopted: 20,
            updated: 40,
            deleted: 40,
            skipped: 60,
            failed: 80,
        },
    };
    assert_eq!(counts, expected);
    let users = counts.of_users();
    assert_eq!((users.in_scope, users.created, users.updated, users.failed), (90, 0, 20, 40));
}

#[test]
fn a_run_goes_from_state_to_state_once_and_ends_once() {
    let setting = Setting::new();
    let provider = setting.provider("app").pk;
    let id = start(&setting, provider, 0);
    let moved = setting
        .run_all(6, move |conn, _| runs::set_state(conn, id, RunState::Users, RunState::Groups))
        .into_iter()
        .filter(|moved| *moved)
        .count();
    assert_eq!(moved, 1);
    assert_eq!(setting.run(move |conn| runs::running(conn, provider)).unwrap().state, RunState::Groups);
    assert!(setting.run(move |conn| runs::finish(conn, id, RunState::Warning, Some("2 failed"), at(4))));
    assert!(!setting.run(move |conn| runs::finish(conn, id, RunState::Done, None, at(5))));
    let run = setting.run(move |conn| runs::find(conn, id)).unwrap();
    assert_eq!(
        (run.state, run.finished_at, run.detail.as_deref()),
        (RunState::Warning, Some(at(4)), Some("2 failed"))
    );
    assert_eq!(setting.run(move |conn| runs::running(conn, provider)), None);
}

#[test]
fn the_newest_runs_stay() {
    let setting = Setting::new();
    let (provider, other) = (setting.provider("app").pk, setting.provider("other").pk);
    start(&setting, other, 0);
    let ids: Vec<RunId> = (0..4).map(|minute| start(&setting, provider, minute)).collect();
    for id in ids[1..].iter().copied() {
        setting.run(move |conn| runs::finish(conn, id, RunState::Done, None, at(9)));
    }
    assert_eq!(setting.run(move |conn| runs::prune(conn, provider, 1)), 2);
    let left: Vec<RunId> =
        setting.run(move |conn| runs::latest(conn, provider, 9)).into_iter().map(|run| run.id).collect();
    assert_eq!(left, [ids[3], ids[0]], "one that still runs is not pruned");
    assert_eq!(setting.run(move |conn| runs::latest(conn, provider, 1)).len(), 1);
    assert_eq!(setting.run(move |conn| runs::latest(conn, other, 9)).len(), 1);
}
