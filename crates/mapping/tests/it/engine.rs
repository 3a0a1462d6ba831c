//! The pool: order, merging, errors, threads that are given up, and the end.

use std::{
    sync::{Arc, Condvar, Mutex, mpsc},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use scimitar_mapping::{
    Answer, Engine, Expression, Limit, Limits, Lookup, MappingError, MappingSet, Outcome, Person,
};
use serde_json::{Value, json};

use crate::fixture::{self, Directory};

async fn merged(engine: &Engine, sources: &[&str]) -> Value {
    match fixture::outcome(engine, sources).await {
        Ok(Outcome::Object(object)) => Value::Object(object),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn mappings_are_evaluated_by_name_and_merged() {
    let engine = fixture::engine();
    let mapping = |name: &str, source: &str| fixture::expression(name, source);
    let set = MappingSet::new(vec![
        mapping(
            "b: mail",
            "return {'userName': user.email, 'emails': [{'value': 'b'}], 'name': {'familyName': 'B'}}",
        ),
        mapping(
            "a: base",
            "return {'userName': 'a', 'emails': [{'value': 'a'}], 'name': {'givenName': 'A'}, 'photos': []}",
        ),
        mapping("Z: first, by code point", "return {'userName': 'z', 'title': 'z'}"),
        mapping("c: nothing", "return None"),
        mapping("d: no photos", "return {'photos': None}"),
    ]);
    let outcome = engine.evaluate(Arc::new(set), fixture::of_user(fixture::ada())).await.expect("it runs");
    let expected = json!({
        "userName": "ada@example.com", "title": "z", "emails": [{"value": "a"}, {"value": "b"}],
        "name": {"givenName": "A", "familyName": "B"}, "photos": null,
    });
    let Outcome::Object(object) = outcome else { panic!("{outcome:?}") };
    assert_eq!(Value::Object(object), expected);
}

#[tokio::test]
async fn no_mapping_at_all_gives_an_empty_object() {
    let engine = fixture::engine();
    assert_eq!(merged(&engine, &[]).await, json!({}));
    assert_eq!(merged(&engine, &["return None", "pass"]).await, json!({}));
}

#[tokio::test]
async fn one_skip_skips_the_object() {
    let engine = fixture::engine();
    let outcome = fixture::outcome(&engine, &["return {}", "raise SkipObject", "return {'x': nope}"]).await;
    assert_eq!(outcome.expect("it runs"), Outcome::Skip);
}

#[tokio::test]
async fn errors_name_the_mapping() {
    let engine = fixture::engine();
    for (source, expected) in [
        ("return [1]", "mapping `m1` returned a list instead of a dict"),
        ("return 'x'", "mapping `m1` returned a str instead of a dict"),
        ("return {'x': [{'y': b'z'}]}", "mapping `m1` returned bytes at `x[0].y`, which JSON cannot hold"),
        (
            "\nreturn {'x': nope}",
            "mapping `m1` failed in line 2, column 14: NameError: name 'nope' is not defined \
                                  in `return {'x': nope}`",
        ),
        (
            "return (",
            "mapping `m1` failed in line 1, column 8: SyntaxError: unexpected EOF while parsing \
                      in `return (`",
        ),
    ] {
        let error = fixture::outcome(&engine, &["return {}", source]).await.expect_err("it fails");
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn a_new_version_takes_effect() {
    let engine = fixture::engine();
    for version in 1..4 {
        let source = format!("return {{'x': {version}}}");
        let expression =
            Expression { id: "same".into(), version, name: "same".into(), source: Arc::from(source) };
        let answer =
            engine.evaluate_one(expression, fixture::of_user(fixture::ada())).await.expect("it runs");
        assert_eq!(answer, Answer::Value(json!({"x": version})));
    }
}

#[tokio::test]
async fn one_mapping_may_serve_users_and_groups() {
    let engine = fixture::engine();
    let both = fixture::expression("both", "return {'x': provider.name}");
    for scope in [fixture::of_user(fixture::ada()), fixture::of_group(fixture::staff())] {
        let answer = engine.evaluate_one(both.clone(), scope).await.expect("it runs");
        assert_eq!(answer, Answer::Value(json!({"x": "app"})));
    }
}

/// A multiplication of numbers so long that the interpreter cannot be stopped within it.
const OVERRUN: &str = "x = (1 << 4000000) - 3\ny = x * x\nreturn {}";

fn impatient(threads: usize, stuck_threads: usize) -> Engine {
    fixture::engine_with(
        Limits { time: Duration::from_millis(20), stuck_threads, ..Limits::default() },
        threads,
    )
}

/// Lets time pass until `OVERRUN` is accepted again, and says how it then ends.
async fn accepted_again(engine: &Engine) -> MappingError {
    let started = Instant::now();
    loop {
        match fixture::answer(engine, OVERRUN).await {
            Err(MappingError::Overloaded) if started.elapsed() < Duration::from_mins(2) => {
                tokio::task::yield_now().await;
            }
            Err(error) => return error,
            Ok(answer) => panic!("{answer:?}"),
        }
    }
}

#[tokio::test]
async fn what_cannot_be_stopped_is_given_up_and_another_thread_takes_over() {
    let engine = impatient(1, 2);
    let started = Instant::now();
    let error = fixture::answer(&engine, OVERRUN).await.expect_err("it overruns");
    assert!(
        matches!(&error, MappingError::LimitExceeded { mapping, limit: Limit::Time } if mapping == "test"),
        "{error:?}"
    );
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(fixture::eventually(&engine, "return {}").await, Answer::Value(json!({})));
}

#[tokio::test]
async fn threads_given_up_are_bounded_and_freed() {
    let engine = impatient(2, 1);
    let error = fixture::answer(&engine, OVERRUN).await.expect_err("it overruns");
    assert!(matches!(error, MappingError::LimitExceeded { .. }), "{error:?}");
    // The bound is reached: this mapping is refused at once, others are not.
    let error = fixture::answer(&engine, OVERRUN).await.expect_err("it is refused");
    assert!(matches!(error, MappingError::Overloaded), "{error:?}");
    let other = fixture::outcome(&engine, &["return {}"]).await;
    assert!(!matches!(other, Err(MappingError::Overloaded)), "{other:?}");
    let error = accepted_again(&engine).await;
    assert!(matches!(error, MappingError::LimitExceeded { .. }), "{error:?}");
}

#[tokio::test]
async fn without_any_thread_left_everything_is_refused_until_one_frees() {
    let engine = impatient(1, 0);
    let error = fixture::answer(&engine, OVERRUN).await.expect_err("it overruns");
    assert!(matches!(error, MappingError::LimitExceeded { .. }), "{error:?}");
    let error = fixture::outcome(&engine, &["return {}"]).await.expect_err("nobody is there");
    assert!(matches!(error, MappingError::Overloaded), "{error:?}");
    let error = accepted_again(&engine).await;
    assert!(matches!(error, MappingError::LimitExceeded { .. }), "{error:?}");
}

/// `json.dumps` never looks at its limits.
#[tokio::test]
async fn a_builtin_that_takes_memory_without_end_is_halted() {
    let engine = fixture::engine_with(
        Limits { time: Duration::from_millis(200), memory: 1 << 20, ..Limits::default() },
        1,
    );
    let source = "import json\nx = {}\nfor i in range(60):\n    x = {'a': x, 'b': x}\njson.dumps(x)";
    let error = fixture::answer(&engine, source).await.expect_err("it has no end");
    assert!(matches!(error, MappingError::LimitExceeded { .. }), "{error:?}");
    assert_eq!(fixture::eventually(&engine, "return {}").await, Answer::Value(json!({})));
}

#[tokio::test]
async fn one_threads_excess_is_not_anothers_fault() {
    let engine = fixture::engine_with(fixture::unhurried(), 2);
    let bombs = async {
        for _ in 0..10 {
            let error =
                fixture::answer(&engine, "x = []\nwhile True:\n    x.append('a' + str(len(x)))").await;
            assert!(
                matches!(error, Err(MappingError::LimitExceeded { limit: Limit::Memory, .. })),
                "{error:?}"
            );
        }
    };
    let modest = async {
        for _ in 0..500 {
            let answer = fixture::answer(&engine, "return {'x': [i for i in range(500)][-1]}").await;
            assert_eq!(answer.expect("it is modest"), Answer::Value(json!({"x": 499})));
        }
    };
    tokio::join!(bombs, modest);
}

/// Answers when it is told to.
#[derive(Default)]
struct Slow {
    go: Mutex<bool>,
    told: Condvar,
}

impl Slow {
    fn tell(&self) {
        *self.go.lock().expect("nobody panics") = true;
        self.told.notify_all();
    }
}

struct Asked(Arc<Slow>, mpsc::Sender<()>);

impl Lookup for Asked {
    fn user_by(&self, _: &[(String, Value)]) -> Option<Person> {
        self.1.send(()).expect("the test listens");
        let mut go = self.0.go.lock().expect("nobody panics");
        while !*go {
            go = self.0.told.wait(go).expect("nobody panics");
        }
        None
    }

    fn now(&self) -> DateTime<Utc> {
        Directory.now()
    }
}

/// Takes far longer than the watchdog's patience.
struct Dawdling(Duration);

impl Lookup for Dawdling {
    fn user_by(&self, _: &[(String, Value)]) -> Option<Person> {
        let started = Instant::now();
        while started.elapsed() < self.0 {
            std::thread::yield_now();
        }
        None
    }

    fn now(&self) -> DateTime<Utc> {
        Directory.now()
    }
}

#[tokio::test]
async fn the_time_a_lookup_takes_does_not_count() {
    let limits = Limits { time: Duration::from_millis(50), ..Limits::default() };
    let engine =
        Engine::start(limits, 1, Arc::new(Dawdling(Duration::from_millis(400)))).expect("threads start");
    let answer = fixture::eventually(&engine, "return {'x': ak_user_by(pk=1)}").await;
    assert_eq!(answer, Answer::Value(json!({"x": null})));
}

#[tokio::test]
async fn who_waits_when_the_engine_stops_is_told_so_and_who_runs_finishes() {
    let slow = Arc::new(Slow::default());
    let (asked, is_asked) = mpsc::channel();
    let lookup = Arc::new(Asked(Arc::clone(&slow), asked));
    let engine = Engine::start(fixture::unhurried(), 1, lookup).expect("threads start");
    let mut running = Box::pin(fixture::answer(&engine, "return {'x': ak_user_by(pk=1)}"));
    let mut waiting = Box::pin(fixture::answer(&engine, "return {}"));
    // Polled once, both are handed in.
    assert!(futures_now(&mut running).await.is_none());
    is_asked.recv().expect("the engine asks");
    assert!(futures_now(&mut waiting).await.is_none());
    engine.stop();
    assert!(matches!(waiting.await, Err(MappingError::Stopped)));
    slow.tell();
    assert_eq!(running.await.expect("it finishes"), Answer::Value(json!({"x": null})));
    assert!(matches!(fixture::answer(&engine, "return {}").await, Err(MappingError::Stopped)));
}

/// What the future has to say at once.
async fn futures_now<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

/// Counts the lookups that are alive.
struct Counted(Arc<()>);

impl Lookup for Counted {
    fn user_by(&self, _: &[(String, Value)]) -> Option<Person> {
        None
    }

    fn now(&self) -> DateTime<Utc> {
        let _ = &self.0;
        Directory.now()
    }
}

#[tokio::test]
async fn threads_end_with_the_engine() {
    let token = Arc::new(());
    let engine =
        Engine::start(fixture::unhurried(), 3, Arc::new(Counted(Arc::clone(&token)))).expect("threads start");
    assert!(fixture::answer(&engine, "return {}").await.is_ok());
    drop(engine);
    let started = Instant::now();
    while Arc::strong_count(&token) > 1 {
        assert!(started.elapsed() < Duration::from_mins(1), "threads hold on to the lookup");
        std::thread::yield_now();
    }
}
