//! Pausing and resuming lanes.

use scimitar_store::jobs::{self, NewJob};
use scimitar_store::lanes;
use serde_json::Value;

use crate::setting::{Setting, at};

fn pause(setting: &Setting, lane: &'static str, until: i64) -> i32 {
    setting.run(move |conn| lanes::pause(conn, lane, at(until), "unreachable", "no route to host", at(0)))
}

fn claimed(setting: &Setting, minute: i64) -> Vec<String> {
    let jobs = setting.run(move |conn| jobs::claim(conn, "w", at(minute), at(minute), 9, &[]));
    jobs.into_iter().map(|job| job.lane).collect()
}

#[test]
fn a_paused_lane_is_passed_over_until_its_pause_ends_or_is_lifted() {
    let setting = Setting::new();
    let new: Vec<NewJob> = ["a", "b"]
        .map(|lane| NewJob {
            lane: lane.to_owned(),
            kind: "object".to_owned(),
            key: "x".to_owned(),
            payload: Value::Null,
            priority: 0,
            run_at: at(1),
        })
        .to_vec();
    setting.run(move |conn| jobs::enqueue(conn, &new, at(0)));
    pause(&setting, "a", 5);
    assert_eq!(claimed(&setting, 4), ["b"]);
    let next = |minute: i64| setting.run(move |conn| jobs::next_due(conn, at(minute)));
    setting.run(|conn| jobs::remove_lane(conn, "b"));
    assert_eq!(next(4), Some(at(5)), "a pause puts off what waits behind it");
    assert_eq!(next(5), Some(at(1)));
    assert_eq!(claimed(&setting, 5), ["a"]);
    setting.run(|conn| jobs::release(conn, "w"));
    setting.run(|conn| lanes::resume(conn, "a", at(2)));
    assert!(claimed(&setting, 2).is_empty(), "what goes well during a pause was begun before it");
    setting.run(|conn| lanes::open(conn, "a", at(2)));
    assert_eq!(claimed(&setting, 2), ["a"]);
}

#[test]
fn pauses_are_counted_until_the_lane_is_resumed() {
    let setting = Setting::new();
    assert_eq!(setting.run(|conn| lanes::find(conn, "a")), None);
    setting.run(|conn| lanes::resume(conn, "a", at(0)));
    assert_eq!(pause(&setting, "a", 5), 1);
    assert_eq!(pause(&setting, "a", 3), 2);
    let lane = setting.run(|conn| lanes::find(conn, "a")).unwrap();
    assert_eq!((lane.paused_until, lane.failures), (Some(at(5)), 2), "no pause shortens another");
    assert_eq!(lane.class.as_deref(), Some("unreachable"));
    assert_eq!(lane.reason.as_deref(), Some("no route to host"));
    assert_eq!(setting.run(lanes::paused), [lane]);
    setting.run(|conn| lanes::resume(conn, "a", at(6)));
    let lane = setting.run(|conn| lanes::find(conn, "a")).unwrap();
    assert_eq!((lane.paused_until, lane.class, lane.reason, lane.failures), (None, None, None, 0));
    assert_eq!(lane.updated_at, at(6));
    setting.run(|conn| lanes::resume(conn, "a", at(9)));
    assert_eq!(
        setting.run(|conn| lanes::find(conn, "a")).unwrap().updated_at,
        at(6),
        "there was nothing to clear"
    );
    setting.run(|conn| lanes::remove(conn, "a"));
    assert_eq!(setting.run(|conn| lanes::find(conn, "a")), None);
}

#[test]
fn a_rest_is_news_until_the_lane_has_recovered() {
    let setting = Setting::new();
    let tell = || setting.run(|conn| lanes::tell(conn, "a", at(0)));
    let untell = || setting.run(|conn| lanes::untell(conn, "a"));
    assert!(!untell());
    assert!(tell(), "a lane that never rested before");
    pause(&setting, "a", 5);
    assert!(!tell());
    setting.run(|conn| lanes::resume(conn, "a", at(2)));
    assert!(!tell(), "an open lane has not recovered yet");
    assert!(untell() && !untell());
    assert!(tell());
}
