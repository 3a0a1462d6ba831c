//! Databases of a PostgreSQL server: one template per run, one clone per test.

use std::path::Path;
use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use scimitar_store::{StoreSettings, migrate};
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// What the names of all databases made here begin with; the process id follows.
const PREFIX: &str = "scimitar_test_";

static TEMPLATE: OnceLock<String> = OnceLock::new();
static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A database that is dropped with this.
#[derive(Debug)]
pub(super) struct Instance {
    server: String,
    name: String,
}

/// A clone of the run's migrated template.
#[expect(clippy::expect_used, reason = "a test without a database has nothing to say")]
pub(super) fn migrated(server: &str) -> Instance {
    let template = TEMPLATE.get_or_init(|| {
        sweep(server);
        let name = format!("{PREFIX}{}_template", process::id());
        run(server, &format!("CREATE DATABASE {name} TEMPLATE template0"));
        let settings = StoreSettings::new(address_of(server, &name), 1);
        migrate::run(&settings).expect("the template migrates");
        name
    });
    create(server, template)
}

/// A database without any table.
pub(super) fn empty(server: &str) -> Instance {
    create(server, "template0")
}

impl Instance {
    pub(super) fn url(&self) -> String {
        address_of(&self.server, &self.name)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        run(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

fn create(server: &str, template: &str) -> Instance {
    let name = format!("{PREFIX}{}_{}", process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
    run(server, &format!("CREATE DATABASE {name} TEMPLATE {template}"));
    Instance { server: server.to_owned(), name }
}

/// Drop what runs before this one have left behind: their templates, and the clones of tests that were killed.
fn sweep(server: &str) {
    for name in run(server, &format!("SELECT datname FROM pg_database WHERE datname LIKE '{PREFIX}%'")) {
        let of_process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('_').next());
        let alive = of_process.is_some_and(|id| Path::new("/proc").join(id).exists());
        if !alive {
            run(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// The server's address with another database in it.
fn address_of(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').unwrap_or((server, ""));
    let (host, _database) = base.rsplit_once('/').unwrap_or((base, ""));
    if query.is_empty() { format!("{host}/{name}") } else { format!("{host}/{name}?{query}") }
}

/// Run one statement and answer its first column. On a thread of its own, for tests that are async.
#[expect(clippy::expect_used, reason = "a test without a database has nothing to say")]
fn run(server: &str, statement: &str) -> Vec<String> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime starts").block_on(query(server, statement))
        });
        thread.join().expect("the statement runs")
    })
}

#[expect(clippy::expect_used, reason = "a test without a database has nothing to say")]
async fn query(server: &str, statement: &str) -> Vec<String> {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await.expect("the server answers");
    let messages = async {
        let messages = client.simple_query(statement).await.expect("the server does as it is told");
        drop(client);
        messages
    };
    let (messages, _closed) = tokio::join!(messages, connection);
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _other => None,
    });
    rows.collect()
}
