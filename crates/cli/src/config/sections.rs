//! The configuration's sections, and how each reads its keys.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use scimitar_client::PlainHttp;
use scimitar_domain::{DurationText, Secret, rules};
use scimitar_sync::{Profiles, Webhooks};

use super::fault::{ConfigError, Place};
use super::reader::{GivenSecret, Reader};
use super::webhooks;

/// All settings. Secrets in it do not print.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// The first administrator's API key, if it was given.
    pub(crate) bootstrap_token: Option<Secret<String>>,
    pub(crate) http: Http,
    pub(crate) database: Database,
    pub(crate) secrets: Secrets,
    pub(crate) egress: Egress,
    pub(crate) sync: Sync,
    /// Nobody is told of events without.
    pub(crate) webhooks: Option<Arc<Webhooks>>,
    pub(crate) queue: Queue,
    pub(crate) mapping: Mapping,
    pub(crate) log: Log,
}

#[derive(Debug, Clone)]
pub(crate) struct Http {
    /// A host and a port.
    pub(crate) listen: String,
    /// `None`: one for each processor.
    pub(crate) workers: Option<usize>,
    pub(crate) page_size_cap: u32,
    /// Without a slash at the end. `None`: each request says where it was sent to.
    pub(crate) public_url: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Database {
    /// A secret, because the password of PostgreSQL stands in it.
    pub(crate) url: Secret<String>,
    pub(crate) pool: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    pub(crate) key: KeySource,
}

/// Where the master key comes from.
#[derive(Debug, Clone)]
pub(crate) enum KeySource {
    Given(Secret<String>),
    File(PathBuf),
}

#[derive(Debug, Clone)]
pub(crate) struct Egress {
    pub(crate) allow: Vec<IpNet>,
    pub(crate) plain_http: PlainHttp,
    pub(crate) connect_timeout: Duration,
    pub(crate) request_timeout: Duration,
}

#[derive(Debug, Clone)]
pub(crate) struct Sync {
    pub(crate) max_in_flight: usize,
    pub(crate) full_sync_every: TimeDelta,
    pub(crate) members_per_request: usize,
    pub(crate) guard_floor: i64,
    pub(crate) guard_percent: i64,
    /// The built-in ones, and those of the operator's folder.
    pub(crate) profiles: Profiles,
}

#[derive(Debug, Clone)]
pub(crate) struct Queue {
    pub(crate) jobs: usize,
    pub(crate) jobs_per_lane: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Mapping {
    /// `None`: one for each processor.
    pub(crate) threads: Option<usize>,
    pub(crate) time: Duration,
    /// In bytes.
    pub(crate) memory: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) level: String,
    /// Whether somebody has asked for this level.
    pub(crate) is_given: bool,
    pub(crate) format: Format,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
}

impl Config {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        let database = Database::read(reader)?;
        Ok(Self {
            bootstrap_token: bootstrap_token(reader)?,
            http: Http::read(reader)?,
            secrets: Secrets::read(reader, &database)?,
            database,
            egress: Egress::read(reader)?,
            sync: Sync::read(reader)?,
            webhooks: webhooks::read(reader)?,
            queue: Queue::read(reader)?,
            mapping: Mapping::read(reader)?,
            log: Log::read(reader)?,
        })
    }
}

/// A key travels in a header, as one word.
fn bootstrap_token(reader: &mut Reader<'_>) -> Result<Option<Secret<String>>, ConfigError> {
    const KEY: &str = "bootstrap_token";
    let Some((token, place)) = reader.secret(KEY)? else { return Ok(None) };
    if token.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Some(token));
    }
    let reason = "only visible ASCII characters can be sent in a header".to_owned();
    Err(ConfigError::Invalid { key: KEY.to_owned(), place, reason })
}

impl Http {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            listen: reader.parsed("http.listen", listen)?,
            workers: some(reader.number("http.workers", 0..=1_024)?),
            page_size_cap: reader.number("http.page_size_cap", 1..=100_000)?,
            public_url: reader.parsed("http.public_url", public_url)?,
        })
    }
}

/// Empty, or an address that other addresses begin with.
fn public_url(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let is_plain = rules::http_url(text).is_ok() && !text.contains(['?', '#', '@']);
    let refusal = || format!("`{text}` is not an address such as `https://id.example.com`");
    is_plain.then(|| Some(text.trim_end_matches('/').to_owned())).ok_or_else(refusal)
}

/// Whether the machine has the address shows when it is bound; the form can be judged now.
fn listen(text: &str) -> Result<String, String> {
    let port =
        text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
    match port {
        Some(Ok(_)) => Ok(text.to_owned()),
        Some(Err(_)) | None => Err(format!("`{text}` is not a host and a port such as `127.0.0.1:9000`")),
    }
}

impl Database {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        const KEY: &str = "database.url";
        let refuse = |place, reason: &str| {
            Err(ConfigError::Invalid { key: KEY.to_owned(), place, reason: reason.to_owned() })
        };
        let Some((secret, place)) = reader.secret(KEY)? else { return refuse(Place::BuiltIn, "it is empty") };
        let url = secret.expose();
        if url.contains(":memory:") {
            return refuse(place, "a database in memory is lost when the program ends; name a file");
        }
        let is_sqlite = url.strip_prefix("sqlite://").is_some_and(|path| !path.is_empty());
        if !is_sqlite && !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return refuse(place, "it must be `sqlite://FILE` or `postgres://…`");
        }
        Ok(Self { url: secret, pool: reader.number("database.pool", 1..=1_000)? })
    }

    /// The file of SQLite; with PostgreSQL there is none.
    pub(crate) fn sqlite_file(&self) -> Option<PathBuf> {
        self.url.expose().strip_prefix("sqlite://").map(PathBuf::from)
    }
}

impl Secrets {
    fn read(reader: &mut Reader<'_>, database: &Database) -> Result<Self, ConfigError> {
        let key = match reader.secret_or_file("secrets.key")? {
            GivenSecret::Value { value, .. } => KeySource::Given(value),
            GivenSecret::File { path, .. } => KeySource::File(path),
            GivenSecret::Nothing => KeySource::File(usual_key_file(database)),
        };
        Ok(Self { key })
    }
}

fn usual_key_file(database: &Database) -> PathBuf {
    database.sqlite_file().unwrap_or_default().with_file_name("scimitar.key")
}

impl Egress {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            allow: reader.list("egress.allow", network)?,
            plain_http: reader.parsed("egress.plain_http", plain_http)?,
            connect_timeout: Duration::from_secs(reader.number("egress.connect_timeout", 1..=3_600)?),
            request_timeout: Duration::from_secs(reader.number("egress.request_timeout", 1..=3_600)?),
        })
    }
}

fn plain_http(text: &str) -> Result<PlainHttp, String> {
    PlainHttp::parse(text).ok_or_else(|| format!("`{text}` is neither `private` nor `always` nor `never`"))
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let network = text.parse().ok().or_else(address);
    network.ok_or_else(|| format!("`{text}` is not a network such as `127.0.0.0/8`"))
}

impl Sync {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            max_in_flight: reader.number("sync.max_in_flight", 1..=1_024)?,
            full_sync_every: reader.parsed("sync.full_sync_every", period)?,
            members_per_request: reader.number("sync.members_per_request", 1..=100_000)?,
            guard_floor: reader.number("sync.guard_floor", 0..=1_000_000_000)?,
            guard_percent: reader.number("sync.guard_percent", 0..=100)?,
            profiles: reader.parsed("sync.profiles", profiles)?,
        })
    }
}

/// The built-in profiles, and one for each `NAME.toml` of a folder.
fn profiles(folder: &str) -> Result<Profiles, String> {
    let mut profiles = Profiles::default();
    if folder.is_empty() {
        return Ok(profiles);
    }
    let unreadable = |error: io::Error| format!("the folder `{folder}` cannot be read: {error}");
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        files.push(entry.map_err(unreadable)?.path());
    }
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|it| it == "toml")) {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let text = fs::read_to_string(file).map_err(|error| format!("`{}`: {error}", file.display()))?;
        profiles = profiles.with(&name, &text).map_err(|error| format!("`{}`: {error}", file.display()))?;
    }
    Ok(profiles)
}

/// At least a minute: a full sync that starts before the last one is through helps nobody.
fn period(text: &str) -> Result<TimeDelta, String> {
    let duration = text.parse::<DurationText>().map_err(|error| error.to_string())?.duration();
    let period = TimeDelta::from_std(duration).ok().filter(|period| *period <= TimeDelta::days(3_650));
    match period {
        Some(period) if period >= TimeDelta::minutes(1) => Ok(period),
        Some(_) => Err(format!("`{text}` is less than a minute")),
        None => Err(format!("`{text}` is more than ten years")),
    }
}

impl Queue {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            jobs: reader.number("queue.jobs", 1..=10_000)?,
            jobs_per_lane: reader.number("queue.jobs_per_lane", 1..=10_000)?,
        })
    }
}

impl Mapping {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        let mebibytes = reader.number::<usize>("mapping.memory_mib", 1..=4_096)?;
        Ok(Self {
            threads: some(reader.number("mapping.threads", 0..=128)?),
            time: Duration::from_millis(reader.number("mapping.time_ms", 1..=60_000)?),
            memory: mebibytes * 1_024 * 1_024,
        })
    }
}

impl Log {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        let (level, place) = reader.text("log.level")?;
        if let Some(wrong) = wrong_level(&level) {
            let reason = format!(
                "`{wrong}` is neither a level such as `info` nor a part with its level such as `scimitar_sync=debug`"
            );
            return Err(ConfigError::Invalid { key: "log.level".to_owned(), place, reason });
        }
        let format = reader.parsed("log.format", |text| match text {
            "text" => Ok(Format::Text),
            "json" => Ok(Format::Json),
            _ => Err(format!("`{text}` is neither `text` nor `json`")),
        })?;
        Ok(Self { level, is_given: place != Place::BuiltIn, format })
    }
}

/// The part of a filter that does not mean what it says. A filter takes a lone word that is no level for the name
/// of a part, and then logs nothing else: what is meant is a level with a slip in it.
fn wrong_level(filter: &str) -> Option<&str> {
    let is_level = |word: &str| word.parse::<LevelFilter>().is_ok();
    filter.split(',').map(str::trim).find(|part| match part.rsplit_once('=') {
        None => !is_level(part),
        Some((_, level)) => !is_level(level) || EnvFilter::try_new(part).is_err(),
    })
}

/// 0 stands for "as many as fit".
fn some(number: usize) -> Option<usize> {
    Some(number).filter(|number| *number > 0)
}
