//! The queue.

use scimitar_store::StoreError;
use scimitar_store::jobs::{self, Job, NewJob};
use serde_json::json;

use crate::setting::{Setting, at};

fn job(lane: &str, key: &str, minute: i64) -> NewJob {
    NewJob {
        lane: lane.to_owned(),
        kind: "object".to_owned(),
        key: key.to_owned(),
        payload: json!({"key": key}),
        priority: 0,
        run_at: at(minute),
    }
}

fn enqueue(setting: &Setting, new: Vec<NewJob>) {
    setting.run(move |conn| jobs::enqueue(conn, &new, at(0)));
}

fn claim(setting: &Setting, worker: &'static str, minute: i64, limit: i64) -> Vec<Job> {
    setting.run(move |conn| jobs::claim(conn, worker, at(minute), at(minute + 10), limit, &[]))
}

fn keys(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.key.as_str()).collect()
}

fn finish(setting: &Setting, job: &Job) -> bool {
    let job = job.clone();
    setting.run(move |conn| jobs::finish(conn, &job, at(5)))
}

#[test]
fn jobs_come_by_priority_then_by_age_and_not_before_their_time() {
    let setting = Setting::new();
    let mut new = vec![job("a", "late", 2), job("b", "early", 1), job("a", "same", 1), job("a", "future", 9)];
    new.push(NewJob { priority: 4, ..job("b", "urgent", 3) });
    enqueue(&setting, new);
    assert_eq!(keys(&claim(&setting, "w", 0, 9)), Vec::<&str>::new());
    let claimed = claim(&setting, "w", 3, 3);
    assert_eq!(keys(&claimed), ["urgent", "same", "early"], "in one batch the lane decides which is older");
    assert_eq!((claimed[1].epoch, claimed[1].attempts), (1, 0));
    assert_eq!(claimed[1].payload, json!({"key": "same"}));
    assert_eq!(keys(&claim(&setting, "w", 3, 3)), ["late"]);
    assert_eq!(setting.run(jobs::count), 5);
}

#[test]
fn a_job_that_waits_is_brought_forward_and_never_doubled() {
    let setting = Setting::new();
    enqueue(&setting, vec![job("a", "x", 5), job("a", "x", 4), job("b", "x", 9)]);
    enqueue(&setting, vec![NewJob { priority: 4, payload: json!(2), ..job("a", "x", 6) }]);
    enqueue(&setting, vec![NewJob { priority: 2, payload: json!(3), ..job("a", "x", 5) }]);
    let waiting = setting.run(|conn| jobs::of_lane(conn, "a", 9));
    assert_eq!(waiting.len(), 1);
    assert_eq!((waiting[0].run_at, waiting[0].priority), (at(4), 4));
    assert_eq!(waiting[0].payload, json!(3));
    let found = setting.run(|conn| jobs::of_key(conn, "b", "x")).map(|job| (job.lane, job.run_at));
    assert_eq!(found, Some(("b".to_owned(), at(9))));
    assert_eq!(setting.run(|conn| jobs::of_key(conn, "a", "y")), None);
    assert!(
        setting
            .run(|conn| Ok::<_, StoreError>(jobs::has_more(conn, "a", 0)? && !jobs::has_more(conn, "a", 1)?))
    );
}

#[test]
fn what_is_enqueued_during_a_run_runs_once_more() {
    let setting = Setting::new();
    enqueue(&setting, vec![job("a", "x", 0)]);
    let running = claim(&setting, "w", 0, 9).remove(0);
    enqueue(&setting, vec![job("a", "x", 0)]);
    assert_eq!(keys(&claim(&setting, "w", 1, 9)), Vec::<&str>::new(), "not beside the run");
    assert!(finish(&setting, &running));
    let again = claim(&setting, "w", 5, 9).remove(0);
    assert_eq!((again.run_at, again.epoch), (at(5), running.epoch + 1));
    assert!(!finish(&setting, &running), "the first run has lost it");
    assert!(finish(&setting, &again));
    assert_eq!(setting.run(jobs::count), 0);
}

#[test]
fn a_lease_that_is_over_can_be_taken_and_its_holder_ends_nothing() {
    let setting = Setting::new();
    enqueue(&setting, vec![job("a", "x", 0)]);
    let first = claim(&setting, "slow", 0, 9).remove(0);
    assert_eq!(claim(&setting, "w", 9, 9), []);
    let second = claim(&setting, "w", 10, 9).remove(0);
    assert_eq!(second.epoch, first.epoch + 1);
    let (late, until) = (first.clone(), at(30));
    assert!(!setting.run(move |conn| jobs::retry(conn, &late, until)));
    let late = first.clone();
    assert!(!setting.run(move |conn| jobs::extend(conn, &late, until)));
    assert!(!finish(&setting, &first));
    assert!(finish(&setting, &second));
}

#[test]
fn news_that_come_to_a_holder_thought_dead_are_not_lost() {
    let setting = Setting::new();
    enqueue(&setting, vec![job("a", "x", 0)]);
    let slow = claim(&setting, "slow", 0, 9).remove(0);
    // Its lease is long over by now, but it lives and ends the job below.
    enqueue(&setting, vec![job("a", "x", 60)]);
    assert!(finish(&setting, &slow));
    assert_eq!(keys(&claim(&setting, "w", 60, 9)), ["x"]);
}

#[test]
fn a_retry_waits_and_counts() {
    let setting = Setting::new();
    enqueue(&setting, vec![job("a", "x", 0)]);
    let running = claim(&setting, "w", 0, 9).remove(0);
    assert!(setting.run(move |conn| jobs::retry(conn, &running, at(7))));
    assert_eq!(claim(&setting, "w", 6, 9), []);
    assert_eq!(claim(&setting, "w", 7, 9).remove(0).attempts, 1);
}

#[test]
fn who_was_tried_before_goes_before_new_ones_of_his_kind() {
    let setting = Setting::new();
    enqueue(&setting, vec![job("a", "tried", 0)]);
    let running = claim(&setting, "w", 0, 9).remove(0);
    assert!(setting.run(move |conn| jobs::retry(conn, &running, at(7))));
    enqueue(&setting, vec![job("a", "new", 1), job("b", "other", 1)]);
    enqueue(&setting, vec![NewJob { priority: 2, ..job("a", "urgent", 1) }]);
    assert_eq!(keys(&setting.run(|conn| jobs::of_lane(conn, "a", 9))), ["urgent", "tried", "new"]);
    let all = claim(&setting, "w", 7, 9);
    assert_eq!(keys(&all), ["urgent", "tried", "new", "other"]);
    assert_eq!((all[1].priority, all[2].priority), (1, 0));
}

#[test]
fn leases_are_extended_and_released_by_their_worker() {
    let setting = Setting::new();
    enqueue(&setting, vec![job("a", "x", 0), job("a", "y", 0)]);
    let mine = claim(&setting, "w", 0, 1).remove(0);
    claim(&setting, "other", 0, 1);
    assert!(setting.run(move |conn| jobs::extend(conn, &mine, at(15))));
    assert_eq!(setting.run(|conn| jobs::extend_all(conn, "w", at(20))), 1);
    assert_eq!(keys(&claim(&setting, "third", 15, 9)), ["y"]);
    assert_eq!(setting.run(|conn| jobs::release(conn, "w")), 1);
    assert_eq!(keys(&claim(&setting, "third", 15, 9)), ["x"]);
    assert_eq!(setting.run(jobs::release_all), 2);
    assert_eq!(claim(&setting, "fourth", 15, 9).len(), 2);
}

#[test]
fn two_workers_never_get_one_job() {
    let setting = Setting::new();
    let new: Vec<NewJob> = (0..60).map(|i| job(["a", "b", "c"][i % 3], &format!("{i:02}"), 0)).collect();
    enqueue(&setting, new);
    let mut got: Vec<String> = Vec::new();
    // On PostgreSQL a worker passes by what another is about to claim, so it may take more than one round.
    while got.len() < 60 {
        let claimed =
            setting.run_all(6, |conn, i| jobs::claim(conn, &format!("worker{i}"), at(0), at(10), 7, &[]));
        got.extend(claimed.into_iter().flatten().map(|job| job.key));
    }
    got.sort();
    assert_eq!(got, (0..60).map(|i| format!("{i:02}")).collect::<Vec<_>>());
}

#[test]
fn a_full_lane_is_passed_over() {
    let setting = Setting::new();
    enqueue(&setting, vec![job("a", "x", 0), job("a", "y", 0), job("b", "z", 1)]);
    let full = vec!["a".to_owned(), "no such lane".to_owned()];
    let claimed = setting.run(move |conn| jobs::claim(conn, "w", at(2), at(9), 9, &full));
    assert_eq!(keys(&claimed), ["z"]);
    assert_eq!(setting.run(|conn| jobs::remove_lane(conn, "a")), 2);
    assert_eq!(claim(&setting, "w", 2, 9), []);
}

#[test]
fn the_next_due_moment_heeds_leases() {
    let setting = Setting::new();
    let next = |minute: i64| setting.run(move |conn| jobs::next_due(conn, at(minute)));
    assert_eq!(next(0), None);
    enqueue(&setting, vec![job("a", "x", 3), job("b", "y", 5)]);
    assert_eq!(next(0), Some(at(3)));
    assert_eq!(next(4), Some(at(3)), "it can be claimed now");
    let running = claim(&setting, "w", 4, 1).remove(0);
    assert_eq!(running.key, "x");
    assert_eq!(next(4), Some(at(5)));
    assert_eq!(next(14), Some(at(3)), "its lease is over");
}

#[test]
fn many_jobs_are_enqueued_at_once() {
    let setting = Setting::new();
    let new: Vec<NewJob> = (0..450).map(|i| job("a", &format!("{i}"), 0)).collect();
    enqueue(&setting, new.clone());
    enqueue(&setting, new);
    assert_eq!(setting.run(jobs::count), 450);
}
