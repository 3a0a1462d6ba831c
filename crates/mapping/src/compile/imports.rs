//! Which modules an expression may import.

/// Modules of the standard library that the interpreter has and that reach nothing outside it.
const ALLOWED: &[&str] = &[
    "__future__",
    "base64",
    "binascii",
    "collections",
    "dataclasses",
    "datetime",
    "functools",
    "itertools",
    "json",
    "math",
    "re",
    "typing",
    "unicodedata",
];

/// Why `module` cannot be imported; nothing if it can.
pub(crate) fn refusal(module: &str) -> Option<String> {
    let root = module.split('.').next().unwrap_or(module);
    if ALLOWED.contains(&root) {
        return None;
    }
    let why = match root {
        "requests" | "urllib" | "urllib3" | "http" | "socket" | "httpx" | "aiohttp" | "ssl" | "smtplib" => {
            "mappings cannot make network calls"
        }
        "os" | "sys" | "pathlib" | "io" | "shutil" | "subprocess" | "tempfile" | "glob" => {
            "mappings cannot reach the system they run on"
        }
        "authentik" | "django" | "guardian" => "mappings see only what is in scope",
        _ => "mappings have only a small standard library",
    };
    Some(format!("the module `{root}` is not available: {why}"))
}

/// Whether the interpreter has the module, but it may not be reached even where its absence is provided for.
pub(crate) fn is_forbidden(module: &str) -> bool {
    matches!(module.split('.').next(), Some("os" | "sys" | "pathlib" | "asyncio" | "gc"))
}
