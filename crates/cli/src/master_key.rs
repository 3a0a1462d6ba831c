//! The master key: where it is found, and how the first start makes it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use sha2::{Digest, Sha256};

use scimitar_domain::{IdSource, Secret};
use scimitar_store::{Conn, Keyring, PageRequest, Store, StoreError, providers, tokens};

use crate::config::{Config, KeySource, read_secret};
use crate::database;
use crate::report::Problem;

/// The key of this installation.
pub(crate) struct MasterKey {
    pub(crate) keyring: Keyring,
    /// The file that this very start has made it in.
    pub(crate) made: Option<PathBuf>,
}

impl MasterKey {
    /// Find the key; where nothing is sealed yet, make it.
    pub(crate) async fn find_or_make(
        config: &Config,
        store: &Store,
        ids: &dyn IdSource,
    ) -> anyhow::Result<Self> {
        let KeySource::File(path) = &config.secrets.key else { return Self::find(config) };
        if path.exists() {
            return Self::find(config);
        }
        let sealed = store.read(has_sealed_values).await;
        if sealed.map_err(|error| database::explain(error, &config.database))? {
            return Self::find(config);
        }
        let is_new = make(path, &ids.key()).with_context(|| {
            let what = format!("cannot write the master key's file `{}`", path.display());
            Problem::new(
                what,
                "its directory must exist and be writable; or name another (`SCIMITAR_SECRETS__KEY_FILE`)",
            )
        })?;
        tracing::info!(path = %path.display(), "made the master key `{}`; keep a copy of it", path.display());
        Ok(Self { made: Some(path.clone()).filter(|_| is_new), ..Self::find(config)? })
    }

    /// Find the key that there must be.
    pub(crate) fn find(config: &Config) -> anyhow::Result<Self> {
        let (text, place) = match &config.secrets.key {
            KeySource::Given(key) => (key.clone(), "`secrets.key`".to_owned()),
            KeySource::File(path) => {
                let place = format!("the master key's file `{}`", path.display());
                let text = read_secret(path).with_context(|| {
                    let hint = "the database was made with the key in it: put it back, or say where it is \
                                (`SCIMITAR_SECRETS__KEY_FILE`)";
                    Problem::new(format!("cannot read {place}"), hint)
                })?;
                (text, place)
            }
        };
        let keyring = keyring(&text).ok_or_else(|| {
            let what = format!("{place} does not hold a key of 64 hexadecimal digits");
            Problem::new(what, "`openssl rand -hex 32` makes one for a new installation")
        })?;
        Ok(Self { keyring, made: None })
    }

    /// Take back the file that this start has made, because the database turned out to have another key.
    pub(crate) fn unmake(&self) {
        if let Some(path) = &self.made
            && let Err(error) = fs::remove_file(path)
        {
            tracing::warn!(%error, "`{}` could not be removed; it is of no use", path.display());
        }
    }
}

/// Keys one to a line, the newest first. A key's id follows from the key, so nothing has to keep count of them.
fn keyring(text: &Secret<String>) -> Option<Keyring> {
    let lines = text.expose().lines().map(str::trim).filter(|line| !line.is_empty());
    let keys = lines.map(|line| {
        let mut key = [0; 32];
        hex::decode_to_slice(line, &mut key).ok()?;
        let id = Sha256::digest([b"scimitar key id".as_slice(), &key].concat());
        Some((u32::from_be_bytes(id.first_chunk().copied()?), key))
    });
    keys.collect::<Option<Vec<_>>>().filter(|keys| !keys.is_empty()).map(Keyring::new)
}

/// Whether the database holds anything that only its own master key can open.
fn has_sealed_values(conn: &mut Conn) -> Result<bool, StoreError> {
    if tokens::count(conn)? > 0 {
        return Ok(true);
    }
    let (nothing, any) = (Keyring::new(Vec::new()), providers::ProviderFilter::default());
    let first = PageRequest { size: 1, ..PageRequest::default() };
    match providers::page(conn, &nothing, &any, &first) {
        Ok(page) => Ok(page.count > 0),
        Err(StoreError::Sealed(_)) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Write a new key's file whole or not at all, and never over another: replicas may share the directory.
/// Returns whether the file is this one.
fn make(path: &Path, key: &Secret<String>) -> io::Result<bool> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    let draft = PathBuf::from(draft);
    let written = write_private(&draft, key).and_then(|()| match fs::hard_link(&draft, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // Some network file systems know no links.
        Err(_) => fs::rename(&draft, path).map(|()| true),
    });
    drop(fs::remove_file(&draft));
    sync_directory(path);
    written
}

fn write_private(path: &Path, key: &Secret<String>) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    writeln!(file, "{}", key.expose())?;
    file.sync_all()
}

/// The name must survive a loss of power as the database does. Not every file system can promise it.
fn sync_directory(path: &Path) {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    drop(File::open(directory).and_then(|directory| directory.sync_all()));
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use scimitar_domain::RandomIds;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("scimitar.key");
        let (one, two) = (RandomIds.key(), RandomIds.key());
        assert!(make(&path, &one).expect("a file"));
        assert!(!make(&path, &two).expect("a file"));
        assert_eq!(read_secret(&path).expect("a key"), one);
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn only_whole_keys_make_a_keyring() {
        let ring = |text: String| keyring(&Secret::new(text)).map(|ring| format!("{ring:?}"));
        let (one, two) = ("0".repeat(64), "aB".repeat(32));
        assert_eq!(ring(one.clone()).as_deref(), Some("Keyring { keys: 1, .. }"));
        assert_eq!(ring(format!("{two}\n{one}\n")).as_deref(), Some("Keyring { keys: 2, .. }"));
        for wrong in [String::new(), "0".repeat(63), "g".repeat(64), format!("{one}\n00")] {
            assert_eq!(ring(wrong), None);
        }
    }
}
