//! Databases that live as long as a test.
//!
//! SQLite in a folder of its own, copied from a template; with `SCIMITAR_TEST_DATABASE_URL` a database of that PostgreSQL, cloned from a
//! template that is migrated once per run. Here everything that goes wrong panics: a test without a database
//! has nothing to say.

#[path = "database/postgres.rs"]
mod postgres;

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use scimitar_store::{Store, StoreSettings, migrate};
use tempfile::TempDir;

/// The connections that a test's store works with.
const READERS: usize = 4;

/// A migrated file of SQLite, as bytes: to migrate anew for each test takes a hundred times as long.
static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();

/// A database of one's own. Dropped with this, so keep it as long as the store.
#[derive(Debug)]
pub struct Database {
    pub settings: StoreSettings,
    home: Home,
}

#[derive(Debug)]
enum Home {
    Folder(#[expect(dead_code, reason = "dropping it removes the files")] TempDir),
    Server(#[expect(dead_code, reason = "dropping it drops the database")] postgres::Instance),
}

impl Database {
    /// A migrated, empty database of the kind that the environment asks for.
    pub fn fresh() -> Self {
        match address() {
            Some(server) => Self::on_server(postgres::migrated(&server)),
            None => Self::sqlite(),
        }
    }

    /// The same without any table.
    pub fn unmigrated() -> Self {
        match address() {
            Some(server) => Self::on_server(postgres::empty(&server)),
            None => Self::file(),
        }
    }

    /// A migrated, empty SQLite database, whatever the environment says.
    #[expect(clippy::expect_used, reason = "a test without a database has nothing to say")]
    pub fn sqlite() -> Self {
        let template = TEMPLATE.get_or_init(|| {
            let first = Self::file();
            migrate::run(&first.settings).expect("the test database migrates");
            fs::read(first.path()).expect("the test database can be copied")
        });
        let database = Self::file();
        fs::write(database.path(), template).expect("the test database can be copied");
        database
    }

    /// A store on this database. There may be several: to each other they are replicas.
    #[expect(clippy::expect_used, reason = "a test without a database has nothing to say")]
    pub fn store(&self) -> Store {
        Store::open(&self.settings).expect("the test database opens")
    }

    pub fn is_postgres(&self) -> bool {
        match self.home {
            Home::Server(_) => true,
            Home::Folder(_) => false,
        }
    }

    #[expect(clippy::expect_used, reason = "a test without a database has nothing to say")]
    fn file() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let url = format!("sqlite://{}", folder.path().join("scimitar.db").display());
        Self { settings: patient(url), home: Home::Folder(folder) }
    }

    fn on_server(instance: postgres::Instance) -> Self {
        Self { settings: patient(instance.url()), home: Home::Server(instance) }
    }

    fn path(&self) -> &Path {
        Path::new(self.settings.url.trim_start_matches("sqlite://"))
    }
}

/// A test may ask for much at once on a machine that does much else, and no test is about that.
fn patient(url: String) -> StoreSettings {
    StoreSettings { patience: Duration::from_mins(5), ..StoreSettings::new(url, READERS) }
}

#[expect(clippy::disallowed_methods, reason = "the run of the tests, not the program, is told which server")]
fn address() -> Option<String> {
    std::env::var("SCIMITAR_TEST_DATABASE_URL").ok().filter(|url| !url.is_empty())
}
