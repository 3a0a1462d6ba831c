//! Guards count what is destructive, and hold what is too much.

use chrono::TimeDelta;
use scimitar_domain::{ObjectId, ProviderPk};
use scimitar_store::guards::{self, GuardLimits, Verdict};

use crate::setting::{Setting, at};

const LIMITS: GuardLimits = GuardLimits { floor: 2, percent: 50, window: TimeDelta::minutes(60) };

/// A provider that manages so many users.
fn managing(setting: &Setting, n: usize) -> ProviderPk {
    let provider = setting.provider("app");
    for i in 0..n {
        let user = setting.user(&format!("user{i}"));
        setting.link(&provider, user, &format!("r{i}"));
    }
    provider.pk
}

fn takes(setting: &Setting, provider: ProviderPk, minute: i64) -> bool {
    setting.run(move |conn| guards::take(conn, provider, None, LIMITS, at(minute))) == Verdict::Granted
}

#[test]
fn the_floor_or_the_share_passes_whichever_is_more() {
    let setting = Setting::new();
    let provider = managing(&setting, 6);
    assert_eq!([0, 1, 2, 3].map(|minute| takes(&setting, provider, minute)), [true, true, true, false]);
    let guard = setting.run(move |conn| guards::find(conn, provider)).unwrap();
    assert_eq!((guard.managed, guard.taken, guard.held, guard.held_since), (6, 3, 1, Some(at(3))));

    let setting = Setting::new();
    let provider = managing(&setting, 0);
    assert_eq!([0, 0, 0].map(|minute| takes(&setting, provider, minute)), [true, true, false]);
}

#[test]
fn a_window_that_is_over_begins_anew_unless_something_is_held() {
    let setting = Setting::new();
    let provider = managing(&setting, 0);
    assert_eq!([0, 1, 60, 61].map(|minute| takes(&setting, provider, minute)), [true; 4]);
    assert!(!takes(&setting, provider, 62));
    assert!(!takes(&setting, provider, 10_000), "what is held does not trickle through");
    setting.run(move |conn| guards::clear(conn, provider));
    assert!(takes(&setting, provider, 10_001));
}

#[test]
fn at_a_provider_more_than_half_is_too_much_whatever_the_floor() {
    const WIDE: GuardLimits = GuardLimits { floor: 10, ..LIMITS };
    let setting = Setting::new();
    let provider = managing(&setting, 10);
    let take = || setting.run(move |conn| guards::take(conn, provider, None, WIDE, at(0)));
    assert!((0..5).all(|_| take() == Verdict::Granted));
    assert!(matches!(take(), Verdict::Held(guard) if (guard.managed, guard.taken) == (10, 5)));

    let setting = Setting::new();
    let provider = setting.provider("app");
    let pk = provider.pk;
    let take = |setting: &Setting| setting.run(move |conn| guards::take(conn, pk, None, WIDE, at(0)));
    assert_eq!(take(&setting), Verdict::Granted);
    for i in 0..8 {
        let user = setting.user(&format!("user{i}"));
        setting.link(&provider, user, &format!("r{i}"));
    }
    assert!((0..3).all(|_| take(&setting) == Verdict::Granted), "what came in the window is counted");
    assert!(matches!(take(&setting), Verdict::Held(guard) if (guard.managed, guard.taken) == (8, 4)));
}

#[test]
fn looking_ahead_takes_nothing_and_holds_all_or_none() {
    let setting = Setting::new();
    let provider = managing(&setting, 6);
    let ahead = |n| setting.run(move |conn| guards::look_ahead(conn, provider, n, None, LIMITS, at(0)));
    assert_eq!([ahead(3), ahead(3)], [Verdict::Granted, Verdict::Granted]);
    assert!(takes(&setting, provider, 0));
    assert!(matches!(ahead(3), Verdict::Held(guard) if guard.held == 3 && guard.taken == 1));
    assert!(!takes(&setting, provider, 0), "from now on nothing passes");
}

#[test]
fn an_approval_lets_everything_pass_for_its_time_and_makes_what_is_held_due() {
    let setting = Setting::new();
    let provider = managing(&setting, 0);
    let ada = setting.user("ada");
    let claim = setting.claim(provider, ObjectId::User(ada));
    let mut attempt = crate::setting::attempt(None);
    attempt.class = scimitar_domain::FailureClass::Held;
    setting.record(
        &claim,
        scimitar_store::claims::LinkResult::Failed { attempt, forget_remote: false, version: 1, revision: 1 },
    );
    assert_eq!([0, 0, 0].map(|minute| takes(&setting, provider, minute)), [true, true, false]);
    setting.run(move |conn| guards::clear(conn, provider));
    assert!(!takes(&setting, provider, 1), "an object that is held is left to do");

    setting.run(move |conn| guards::approve(conn, provider, None, at(10), at(2)));
    assert_eq!([3, 4, 5, 9].map(|minute| takes(&setting, provider, minute)), [true; 4]);
    assert!(!takes(&setting, provider, 10));
    let id = claim.link.id;
    let link = setting.run(move |conn| scimitar_store::links::find(conn, id)).unwrap();
    assert_eq!(link.attempt.unwrap().next_at, Some(at(2)));
}
