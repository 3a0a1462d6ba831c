//! One test per limit that tries to break it.

use std::time::{Duration, Instant};

use scimitar_mapping::{Answer, Engine, Limit, Limits, MappingError};
use serde_json::json;

use crate::fixture;

/// Little time, so that tests of endless work end soon.
fn hasty() -> Engine {
    fixture::engine_with(Limits { time: Duration::from_millis(100), ..Limits::default() }, 1)
}

#[track_caller]
fn exceeded(result: &Result<Answer, MappingError>, allowed: &[Limit], source: &str) {
    let fits = matches!(result, Err(MappingError::LimitExceeded { mapping, limit })
        if mapping == "test" && allowed.contains(limit));
    assert!(fits, "{source}\n{result:?}");
}

/// After every attempt the engine must still be of use.
async fn still_works(engine: &Engine) {
    let answer = fixture::eventually(engine, "return {'x': user.pk}").await;
    assert_eq!(answer, Answer::Value(json!({"x": 7})));
}

#[tokio::test]
async fn endless_work_is_stopped() {
    let engine = hasty();
    for source in [
        "while True:\n    pass",
        "while True:\n    try:\n        while True:\n            pass\n    except Exception:\n        pass",
        "for i in range(10 ** 12):\n    for j in range(10 ** 12):\n        i + j",
        "def f(n):\n    while True:\n        n += 1\nf(1)",
        "[x for x in range(10 ** 9) if x < 0]",
        "sum(range(10 ** 12))",
        "any(map(lambda x: False, range(10 ** 12)))",
        "sorted(range(10 ** 6), key=lambda x: [x for x in range(10 ** 6)])",
        "while True:\n    nope if hasattr(user, 'nope') else 1",
        "while True:\n    try:\n        now\n    except NameError:\n        pass",
        "x = 'a' * 10 ** 5\nwhile True:\n    x.replace('a', 'b')",
        "while True:\n    user.group_attributes()",
    ] {
        let started = Instant::now();
        exceeded(&fixture::answer(&engine, source).await, &[Limit::Time, Limit::Memory], source);
        assert!(started.elapsed() < Duration::from_secs(10), "{source}");
        still_works(&engine).await;
    }
}

#[tokio::test]
async fn too_much_memory_is_refused() {
    let engine = fixture::engine();
    for source in [
        "x = 'x'\nwhile True:\n    x = x + x",
        "x = 'x'\nwhile True:\n    x += x + 'y'",
        "x = []\nwhile True:\n    x.append('abc' + str(len(x)))",
        "x = [1]\nwhile True:\n    x = x + x",
        "x = [1]\nwhile True:\n    x.extend(x)",
        "x = {}\nwhile True:\n    x[len(x)] = len(x)",
        "x = set()\nwhile True:\n    x.add(len(x))",
        "x = [0] * 10 ** 9",
        "x = (0,) * 10 ** 9",
        "x = 'x' * 10 ** 10",
        "x = b'x' * 10 ** 10",
        "x = 2 ** 10 ** 9",
        "x = 1 << 10 ** 10",
        "x = list(range(10 ** 9))",
        "x = set(range(10 ** 9))",
        "x = dict.fromkeys(range(10 ** 9))",
        "x = 'x'.rjust(10 ** 10)",
        "x = f'{1:1000000000}'",
        "x = ''.join(['x' * 10 ** 6] * 10 ** 3)",
        "x = 'x'.replace('x', 'y' * 10 ** 6).replace('y', 'z' * 10 ** 6)",
        "import itertools\nx = list(itertools.repeat(0))",
        "import itertools\nx = list(itertools.count())",
        "import itertools\nx = sorted(itertools.repeat(0, 10 ** 9))",
        "x = 'a ' * 10 ** 6\ny = [x.split() for i in range(100)]",
        "import re\nx = [re.findall('a', 'a' * 10 ** 6) for i in range(100)]",
        "class A:\n    pass\nx = []\nwhile True:\n    x.append(A())",
        "def f():\n    while True:\n        yield_ = [f] * 10 ** 6\n        kept.append(yield_)\nkept = []\nf()",
    ] {
        exceeded(&fixture::answer(&engine, source).await, &[Limit::Memory], source);
        still_works(&engine).await;
    }
}

#[tokio::test]
async fn endless_recursion_is_stopped() {
    let engine = fixture::engine();
    for source in [
        "def f():\n    return f()\nf()",
        "f = lambda x: f(x + 1)\nf(1)",
        "class A:\n    def __repr__(self):\n        return repr(self)\nstr(A())",
        "def f(x):\n    return sorted([x, x], key=f)\nf(1)",
    ] {
        exceeded(&fixture::answer(&engine, source).await, &[Limit::Recursion], source);
        still_works(&engine).await;
    }
    // As in Python, the error may be caught.
    let caught = "def f():\n    return f()\ntry:\n    f()\nexcept RecursionError:\n    return {'x': 1}";
    assert_eq!(fixture::answer(&engine, caught).await.expect("it runs"), Answer::Value(json!({"x": 1})));
}

#[tokio::test]
async fn large_results_are_refused() {
    let engine = fixture::engine();
    for source in [
        "return {'x': 'x' * 300 * 1024}",
        "return {'x': ['x' * 1024] * 300}",
        "return {'x' * 300 * 1024: 1}",
        "return {'x': list(range(20 * 1024))}",
        "return {str(i): i for i in range(20 * 1024)}",
        "x = []\nfor i in range(60):\n    x = [x, x]\nreturn {'x': x}",
        "x = {}\nfor i in range(60):\n    x = {'a': x, 'b': x}\nreturn x",
        "x = {}\nx['x'] = x\nreturn x",
        "return {'x': b'x' * 300 * 1024}",
        "return {'x': 'ä' * 140 * 1024}",
    ] {
        exceeded(&fixture::answer(&engine, source).await, &[Limit::Output], source);
        still_works(&engine).await;
    }
    let fits = fixture::answer(&engine, "return {'x': 'x' * 250 * 1024}").await;
    assert!(matches!(fits, Ok(Answer::Value(_))), "{fits:?}");
}

#[tokio::test]
async fn results_are_weighed_together() {
    let engine = fixture::engine();
    let large = "return {'x': ['x' * 150 * 1024]}";
    assert!(fixture::outcome(&engine, &[large]).await.is_ok());
    let result = fixture::outcome(&engine, &[large, large]).await;
    let fits = matches!(&result, Err(MappingError::LimitExceeded { mapping, limit: Limit::Output }) if mapping == "m1");
    assert!(fits, "{result:?}");
}

#[tokio::test]
async fn long_sources_are_not_compiled() {
    let engine = fixture::engine();
    let source = format!("return {{}}\n#{}", "x".repeat(64 * 1024));
    exceeded(&fixture::answer(&engine, &source).await, &[Limit::Source], "64 KiB");
}

#[tokio::test]
async fn lookups_are_counted() {
    let engine = fixture::engine();
    let asking = |n: u32| format!("for i in range({n}):\n    ak_user_by(username='nobody')\nreturn {{}}");
    assert!(fixture::answer(&engine, &asking(1000)).await.is_ok());
    exceeded(&fixture::answer(&engine, &asking(1001)).await, &[Limit::HostCalls], "1001");
    let clock = "import datetime\nfor i in range(1001):\n    datetime.date.today()";
    exceeded(&fixture::answer(&engine, clock).await, &[Limit::HostCalls], clock);
}
