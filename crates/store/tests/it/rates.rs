//! Turns at a remote are given out once, however many ask.

use chrono::TimeDelta;
use scimitar_domain::ProviderPk;
use scimitar_store::rates::{self, Pace};

use crate::setting::{Setting, at};

const PACE: Pace = Pace { interval: TimeDelta::seconds(10), burst: 4 };

/// The first of so many turns, in seconds after the given minute.
fn take(setting: &Setting, provider: ProviderPk, n_turns: i32, minute: i64) -> i64 {
    let first = setting.run(move |conn| rates::take(conn, provider, PACE, n_turns, at(minute)));
    (first - at(minute)).num_seconds()
}

#[test]
fn turns_follow_each_other_and_pile_up_to_the_burst_and_no_further() {
    let setting = Setting::new();
    let (one, other) = (setting.provider("one").pk, setting.provider("other").pk);
    assert_eq!(take(&setting, one, 3, 0), -30, "four calls at once: at -30, -20, -10 and 0");
    assert_eq!(take(&setting, one, 1, 0), 0);
    assert_eq!(take(&setting, one, 6, 0), 10, "from then on every ten seconds");
    assert_eq!(take(&setting, one, 1, 1), 10, "70 seconds after the first minute");
    assert_eq!(take(&setting, one, 1, 60), -30, "an hour of rest is worth a burst");
    assert_eq!(take(&setting, other, 1, 0), -30, "each remote has its own");
}
