//! The table that ARCHITECTURE.md draws. A new arrow is a decision: it needs a record in `docs/decisions/`.

/// Each crate and the crates that it may use. Arrows point down: a crate stands below all that may use it.
pub(crate) const LAYERS: &[(&str, &[&str])] = &[
    // 0: pure
    ("domain", &[]),
    ("scim", &[]),
    ("mapping", &[]),
    ("api", &["domain"]),
    // 1: outside
    ("store", &["domain"]),
    ("client", &["domain", "scim"]),
    // 2: work
    ("queue", &["domain", "store"]),
    // 3: behaviour
    ("inbound", &["domain", "scim", "mapping", "store"]),
    ("sync", &["domain", "scim", "mapping", "store", "client", "queue"]),
    // 4: translation
    ("http", &["domain", "scim", "mapping", "api", "store", "inbound", "sync"]),
    // 5: composition
    ("cli", &["domain", "scim", "mapping", "api", "store", "client", "queue", "inbound", "sync", "http"]),
    // beside the house
    (DEV_ONLY, &["domain", "mapping", "store", "client", "queue", "sync"]),
    ("fuzz", &["scim"]),
    ("xtask", &[]),
];

/// The crate that only tests may use.
pub(crate) const DEV_ONLY: &str = "testkit";

/// Third parties and the only crates that may use them.
pub(crate) const OWNERS: &[(&[&str], &[&str])] = &[
    (&["diesel"], &["store", DEV_ONLY]),
    (&["diesel-async", "diesel_migrations", "libsqlite3-sys"], &["store"]),
    (&["tokio-postgres"], &["store", DEV_ONLY]),
    (&["tokio-postgres-rustls", "argon2", "chacha20poly1305"], &["store"]),
    (&["actix-web", "tracing-actix-web", "utoipa-actix-web", "utoipa-swagger-ui"], &["http"]),
    (&["utoipa"], &["api", "http"]),
    (&["reqwest"], &["client", DEV_ONLY]),
    (&["monty", "monty-types"], &["mapping"]),
    (&["clap"], &["cli", "xtask"]),
    (&["config", "indicatif", "mimalloc", "tracing-subscriber"], &["cli"]),
    (&["anyhow"], &["cli", "xtask", "fuzz", DEV_ONLY]),
    (&["hyper", "hyper-util", "http-body-util"], &[DEV_ONLY]),
];
