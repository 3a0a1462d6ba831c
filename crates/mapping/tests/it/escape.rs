//! What an expression must not reach: files, the environment, the network, the interpreter's insides.

use scimitar_mapping::{Answer, check};
use serde_json::json;

use crate::fixture;

/// Each must be refused when it is saved or fail when it runs.
const ATTEMPTS: &[&str] = &[
    // Files.
    "return {'x': open('/etc/passwd').read()}",
    "with open('/var/x', 'w') as f:\n    f.write('x')",
    "open('/var/scimitar-escape', 'a')\nreturn {}",
    "import pathlib\nreturn {'x': pathlib.Path('/etc/passwd').read_text()}",
    "try:\n    from pathlib import Path\nexcept ImportError:\n    pass\nreturn {'x': Path('/').iterdir()}",
    "import io\nreturn {'x': io.open('/etc/passwd').read()}",
    "import shutil",
    // The environment and the process.
    "import os\nreturn dict(os.environ)",
    "from os import getenv\nreturn {'x': getenv('HOME')}",
    "import sys\nreturn {'x': sys.modules}",
    "import subprocess\nsubprocess.run(['id'])",
    "import ctypes",
    "import importlib",
    "import builtins",
    "import gc",
    "exit()",
    "quit()",
    "breakpoint()",
    "input()",
    // The network.
    "import socket\nsocket.create_connection(('example.com', 80))",
    "import urllib.request",
    "import http.client",
    "import asyncio\nasyncio.run(None)",
    "return requests.get('https://example.com').json()",
    // Code made of text.
    "eval('1')",
    "exec('x = 1')",
    "compile('1', 'x', 'eval')",
    "__import__('os')",
    "return {'x': globals()}",
    "return {'x': locals()}",
    "return {'x': vars(user)}",
    "return {'x': dir(user)}",
    "return __builtins__",
    "return {'x': __loader__}",
    // Walking from object to object.
    "return {'x': ().__class__.__bases__[0].__subclasses__()}",
    "return {'x': str(''.__class__.__mro__)}",
    "return {'x': user.__class__.__init__.__globals__}",
    "return {'x': user.locale.__func__.__code__.co_names}",
    "return {'x': (lambda: 0).__code__}",
    "return {'x': (lambda: 0).__globals__}",
    "def f():\n    pass\nreturn {'x': f.__globals__}",
    "return {'x': user.__dict__}",
    "return {'x': user.__reduce__()}",
    "return {'x': '{0.__class__.__init__.__globals__}'.format(user)}",
    "return {'x': '{0.__class__.__mro__}'.format(user)}",
    "return {'x': ak_user_by.__closure__}",
    "return {'x': ak_user_by.__closure__[0].cell_contents}",
    "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    return {'x': e.__traceback__.tb_frame.f_globals}",
    "return {'x': getattr(user, '__class__').__subclasses__()}",
    "return {'x': type(user).__bases__}",
    "return {'x': object.__subclasses__()}",
    "class A(dict):\n    pass",
    "class A:\n    def __del__(self):\n        open('/var/x')\nreturn {'x': A()}",
    // Other users, past the lookup's filters.
    "return {'x': ak_user_by().username}",
    "return {'x': ak_user_by(username=None).username}",
    "return {'x': ak_user_by(__class__='x').username}",
    "if ak_user_by:\n    _host({'username': 'ada'})",
    "return {'x': [u.username for u in User.objects.all()]}",
];

#[tokio::test]
async fn nothing_outside_is_reached() {
    let engine = fixture::engine();
    let mut reached = Vec::new();
    for source in ATTEMPTS {
        if check(source).is_err() {
            continue;
        }
        if let Ok(answer) = fixture::answer(&engine, source).await {
            reached.push(format!("{source}\n    {answer:?}"));
        }
    }
    assert!(reached.is_empty(), "{}", reached.join("\n"));
}

#[tokio::test]
async fn no_time_but_the_one_given() {
    let engine = fixture::engine();
    let source =
        "import datetime\nreturn {'x': str(datetime.datetime.now()), 'y': str(datetime.date.today())}";
    let expected = json!({"x": "2026-03-01 12:30:00", "y": "2026-03-01"});
    assert_eq!(fixture::answer(&engine, source).await.expect("it runs"), Answer::Value(expected));
    assert!(check("import time\nreturn {'x': time.time()}").is_err());
}

#[tokio::test]
async fn nothing_is_left_for_the_next_evaluation() {
    let engine = fixture::engine();
    let source = "
if user.attributes.get('seen') or hasattr(User, 'seen') or 'seen' in provider.name:
    return {'seen': True}
user.attributes['seen'] = True
User.seen = True
provider.name = 'seen'
return {'seen': False}
";
    for _ in 0..3 {
        let answer = fixture::answer(&engine, source).await.expect("it runs");
        assert_eq!(answer, Answer::Value(json!({"seen": false})));
    }
}

/// What stands around the expression is not in its hands: neither a form feed, which ends the indentation
/// of a line, nor names that are bound anew make a result pass unweighed.
#[tokio::test]
async fn the_surroundings_cannot_be_changed() {
    let engine = fixture::engine();
    let bomb = "x = []\nfor i in range(60):\n    x = [x, x]\nreturn {'x': x}\n";
    for tampering in [
        "\u{c}isinstance = lambda *a: True\n",
        "isinstance = lambda *a: False\n",
        "_out = lambda value: value\n",
        "_limit = 10 ** 12\n",
        "def _out(value):\n    return value\n",
        "global _out\n_out = lambda value: value\n",
        "_out.__defaults__ = (10 ** 12,)\n",
        "user._out = 1\n",
    ] {
        let source = format!("{tampering}{bomb}");
        let result = if check(&source).is_ok() { fixture::answer(&engine, &source).await } else { continue };
        assert!(result.is_err(), "{tampering}");
    }
}

/// Values that are small inside the sandbox and endless outside must not cross on the way to the host.
#[tokio::test]
async fn endless_values_do_not_cross() {
    let engine = fixture::engine();
    let bomb = "x = []\nfor i in range(60):\n    x = [x, x]\n";
    for crossing in [
        "return x",
        "return {'x': x}",
        "return {'x': (x, {'y': x})}",
        "return {'x': ['y' * 50000] * 50000}",
        "return {'x': [b'y' * 50000] * 50000}",
        "return {'x': [{'y' * 50000: 1}] * 50000}",
        "return {'x': [{b'y' * 50000: 1}] * 50000}",
        "return {'x': [[1] * 50000] * 50000}",
        "user.bomb = x\nreturn {'x': user}",
        "ak_user_by(username=x)",
        "ak_user_by(**{'username': x})",
        "nope(x)",
        "ak_user_by.nope(x)",
        "ak_send_email(x)\nak_user_by(pk=7)",
        "user.nope(x)",
        "_host(x)\nak_user_by(pk=7)",
        "f = _host\nf(x)\nak_user_by(pk=7)",
        "import datetime\ndatetime.datetime.now(x)",
        "open(x)",
        "open('x', x)",
        "raise ValueError(x)",
        "raise SkipObject(x)",
        "ak_logger.info(x)\nreturn {'x': x}",
    ] {
        let source = format!("{bomb}{crossing}");
        let result = fixture::answer(&engine, &source).await;
        let skipped = crossing.starts_with("raise Skip");
        assert!(result.is_err() || skipped, "{crossing}: {result:?}");
    }
}
