//! The configuration as an operator writes it, and what he is told when it is wrong.

use std::fs;
use std::path::{Path, PathBuf};

use scimitar_client::PlainHttp;

use super::environment::Environment;
use super::fault::ConfigError;
use super::layers::{Layers, variable};
use super::reader::Reader;
use super::sections::{Config, Format, KeySource};

/// What must never be printed.
const CANARY: &str = "canary-5e1f";

fn environment(variables: &[(&str, &str)]) -> Environment {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Environment { variables: variables.collect(), ..Environment::default() }
}

fn read(file: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::of(Path::new("my.toml"), file, &environment(variables))
}

fn good(file: &str, variables: &[(&str, &str)]) -> Config {
    read(file, variables).expect("a configuration that can be used")
}

#[track_caller]
fn refused(file: &str, variables: &[(&str, &str)], expected: &str) {
    let message = read(file, variables).expect_err("a configuration that cannot be used").to_string();
    assert_eq!(message, expected);
}

#[test]
fn what_is_given_later_wins() {
    let file = "[http]\nlisten = \"0.0.0.0:80\"\nworkers = 3\n[egress]\nallow = [\"10.0.0.0/8\"]";
    let built_in = good("", &[]);
    assert_eq!((built_in.http.listen.as_str(), built_in.http.workers), ("127.0.0.1:9000", None));
    assert_eq!(built_in.database.url.expose(), "sqlite://scimitar.db");
    assert_eq!(built_in.egress.plain_http, PlainHttp::Private);
    assert_eq!(built_in.sync.full_sync_every, chrono::TimeDelta::hours(4));
    assert_eq!((built_in.log.level.as_str(), built_in.log.is_given), ("info,actix_server=warn", false));

    let from_file = good(file, &[]);
    assert_eq!((from_file.http.listen.as_str(), from_file.http.workers), ("0.0.0.0:80", Some(3)));

    let variables = [
        ("SCIMITAR_HTTP__LISTEN", "localhost:0"),
        ("SCIMITAR_EGRESS__ALLOW", "127.0.0.0/8, ::1"),
        ("SCIMITAR_EGRESS__PLAIN_HTTP", "never"),
        ("SCIMITAR_LOG__FORMAT", "json"),
        ("SCIMITAR_LOG__LEVEL", "warn,scimitar_sync=debug"),
        ("SCIMITAR_QUEUE__JOBS", "7"),
        ("SCIMITAR_MAPPING__MEMORY_MIB", ""),
        ("SCIMITAR_TEST_DATABASE_URL", "postgres://of.the.tests/"),
        ("SCIMITAR_CONFIG", "my.toml"),
    ];
    let all = good(file, &variables);
    assert_eq!((all.http.listen.as_str(), all.http.workers, all.queue.jobs), ("localhost:0", Some(3), 7));
    let allowed: Vec<String> = all.egress.allow.iter().map(ToString::to_string).collect();
    assert_eq!(allowed, ["127.0.0.0/8", "::1/128"]);
    assert_eq!(all.egress.plain_http, PlainHttp::Never);
    assert_eq!(good("[egress]\nplain_http = \"always\"", &[]).egress.plain_http, PlainHttp::Always);
    assert_eq!((all.log.format, all.log.is_given, all.mapping.memory), (Format::Json, true, 16 << 20));
}

#[test]
fn the_public_address_is_none_or_one_that_others_begin_with() {
    assert_eq!(good("", &[]).http.public_url, None);
    let given = good("[http]\npublic_url = \"https://id.example.com/scimitar/\"", &[]);
    assert_eq!(given.http.public_url.as_deref(), Some("https://id.example.com/scimitar"));
    let given = good("", &[("SCIMITAR_HTTP__PUBLIC_URL", "http://10.0.0.1:9000")]);
    assert_eq!(given.http.public_url.as_deref(), Some("http://10.0.0.1:9000"));
    refused(
        "[http]\npublic_url = \"id.example.com\"",
        &[],
        "`http.public_url` cannot be used: `id.example.com` is not an address such as `https://id.example.com`, \
         in `my.toml`, line 2",
    );
}

#[test]
fn webhooks_need_a_secret_that_is_one_and_show_neither_it_nor_their_address() {
    assert!(good("", &[]).webhooks.is_none());
    let file = format!("[webhooks]\nurls = [\"https://ops.example.com/{CANARY}\"]\nevents = [\"run.ended\"]");
    let secret = ("SCIMITAR_WEBHOOKS__SECRET", "canary-5e1f-canary-5e1f-canary-5e1f");
    let webhooks = good(&file, &[secret]).webhooks.expect("webhooks");
    assert_eq!((webhooks.urls.len(), webhooks.events.len()), (1, 1));
    assert!(!format!("{:?}", webhooks.key).contains(CANARY));
    let fault = |file: &str, variables: &[(&str, &str)]| {
        let message = read(file, variables).expect_err("a configuration that cannot be used").to_string();
        assert!(!message.contains(CANARY), "{message}");
        message
    };
    assert!(fault(&file, &[]).contains("needed to sign"));
    assert!(fault(&file, &[("SCIMITAR_WEBHOOKS__SECRET", CANARY)]).contains("24 to 512 bytes"));
    let base64 = fault(&file, &[("SCIMITAR_WEBHOOKS__SECRET", "whsec_canary-5e1f")]);
    assert!(base64.contains("not Base64"), "{base64}");
    let address = fault(&format!("[webhooks]\nurls = [\"ops/{CANARY}\"]"), &[secret]);
    assert!(address.contains("must be an address"), "{address}");
    let many = ["\"https://ops.example.com\""; 11].join(", ");
    assert!(fault(&format!("[webhooks]\nurls = [{many}]"), &[secret]).contains("at most 10"));
    assert!(
        fault("[webhooks]\nevents = [\"tea\"]", &[]).contains("`tea` is no event; there are `run.ended`")
    );
}

#[test]
fn what_is_unknown_is_refused_with_the_nearest_known_name() {
    let file = "[http]\nworkers = 1\nlistn = \"0.0.0.0:80\"";
    refused(file, &[], "unknown key `http.listn` in `my.toml`, line 3: did you mean `http.listen`?");
    refused(
        "[htp]\nlisten = \"0.0.0.0:80\"",
        &[],
        "unknown key `htp.listen` in `my.toml`, line 2: did you mean `http.listen`?",
    );
    refused("[quue]", &[], "unknown key `quue` in `my.toml`, line 1: did you mean `queue.jobs`?");
    refused("[http]\n[log]", &[("SCIMITAR_LOG__LEVL", "info")], LEVEL);
    refused("", &[("SCIMITAR_LOG_LEVEL", "info")], LEVEL_ONE_UNDERSCORE);
    refused(
        "",
        &[("SCIMITAR_http__listen", "0.0.0.0:80")],
        "unknown variable `SCIMITAR_http__listen`: did you mean `SCIMITAR_HTTP__LISTEN`?",
    );
}

const LEVEL: &str = "unknown variable `SCIMITAR_LOG__LEVL`: did you mean `SCIMITAR_LOG__LEVEL`?";
const LEVEL_ONE_UNDERSCORE: &str =
    "unknown variable `SCIMITAR_LOG_LEVEL`: did you mean `SCIMITAR_LOG__LEVEL`?";

#[test]
fn a_wrong_value_is_refused_with_its_place() {
    let listen = "`http.listen` cannot be used: `9000` is not a host and a port such as `127.0.0.1:9000`, \
                  in `SCIMITAR_HTTP__LISTEN`";
    refused("", &[("SCIMITAR_HTTP__LISTEN", "9000")], listen);
    refused("[http]\nlisten = 9000", &[], "`http.listen` must be a text in quotes, in `my.toml`, line 2");
    let workers = "`http.workers` must be a whole number, in `SCIMITAR_HTTP__WORKERS`";
    refused("", &[("SCIMITAR_HTTP__WORKERS", "many")], workers);
    refused("[queue]\njobs = 1.5", &[], "`queue.jobs` must be a whole number, in `my.toml`, line 2");
    let jobs = "`queue.jobs` cannot be used: 0 is not between 1 and 10000, in `my.toml`, line 2";
    refused("[queue]\njobs = 0", &[], jobs);
    let network = "`egress.allow` cannot be used: `localhost` is not a network such as `127.0.0.0/8`, \
                   in `SCIMITAR_EGRESS__ALLOW`";
    refused("", &[("SCIMITAR_EGRESS__ALLOW", "10.0.0.0/8,localhost")], network);
    refused("[egress]\nallow = [1]", &[], "`egress.allow` must be a list of texts, in `my.toml`, line 2");
    let plain = "`egress.plain_http` cannot be used: `yes` is neither `private` nor `always` nor `never`, \
                 in `SCIMITAR_EGRESS__PLAIN_HTTP`";
    refused("", &[("SCIMITAR_EGRESS__PLAIN_HTTP", "yes")], plain);
    let period =
        "`sync.full_sync_every` cannot be used: `seconds=5` is less than a minute, in `my.toml`, line 2";
    refused("[sync]\nfull_sync_every = \"seconds=5\"", &[], period);
    let format = "`log.format` cannot be used: `xml` is neither `text` nor `json`, in `SCIMITAR_LOG__FORMAT`";
    refused("", &[("SCIMITAR_LOG__FORMAT", "xml")], format);
    for (level, wrong) in [("loud", "loud"), ("info,loud", "loud"), ("info,a=lod", "a=lod")] {
        let reason = format!(
            "`log.level` cannot be used: `{wrong}` is neither a level such as `info` nor a part with its level such \
             as `scimitar_sync=debug`, in `SCIMITAR_LOG__LEVEL`"
        );
        refused("", &[("SCIMITAR_LOG__LEVEL", level)], &reason);
    }
    refused("[http\n", &[], "`my.toml`, line 1 is not TOML: unclosed table, expected `]`");
}

#[test]
fn a_database_is_a_file_or_postgresql() {
    let address = "`database.url` cannot be used: it must be `sqlite://FILE` or `postgres://…`, \
                   in `SCIMITAR_DATABASE__URL`";
    for url in ["mysql://db/scimitar", "sqlite://", "sqlite:x.db", "x.db"] {
        refused("", &[("SCIMITAR_DATABASE__URL", url)], address);
    }
    let memory = "`database.url` cannot be used: a database in memory is lost when the program ends; name a file, \
                  in `SCIMITAR_DATABASE__URL`";
    refused("", &[("SCIMITAR_DATABASE__URL", "sqlite://:memory:")], memory);
    let file = |url: &str| good("", &[("SCIMITAR_DATABASE__URL", url)]).database.sqlite_file();
    assert_eq!(file("sqlite:///var/lib/s.db"), Some(PathBuf::from("/var/lib/s.db")));
    assert_eq!(file("postgresql://db.example/s"), None);
}

#[test]
fn the_key_file_lies_beside_the_database_unless_it_is_named() {
    let key_file = |variables: &[(&str, &str)]| match good("", variables).secrets.key {
        KeySource::File(path) => path.display().to_string(),
        KeySource::Given(_) => panic!("no key was given"),
    };
    assert_eq!(key_file(&[]), "scimitar.key");
    assert_eq!(key_file(&[("SCIMITAR_DATABASE__URL", "sqlite:///var/lib/s.db")]), "/var/lib/scimitar.key");
    assert_eq!(key_file(&[("SCIMITAR_DATABASE__URL", "postgres://db.example/s")]), "scimitar.key");
    let named = [("SCIMITAR_DATABASE__URL", "sqlite:///var/lib/s.db"), ("SCIMITAR_SECRETS__KEY_FILE", "k")];
    assert_eq!(key_file(&named), "k");
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("token");
    fs::write(&path, "s3cret\n").expect("a file");
    let path = path.to_str().expect("a path that is text");

    let from_file = good("", &[("SCIMITAR_BOOTSTRAP_TOKEN_FILE", path)]);
    assert_eq!(from_file.bootstrap_token.expect("a token").expose(), "s3cret");

    let file = "bootstrap_token = \"other\"";
    let twice = format!(
        "`bootstrap_token` is given twice: in {} and, as a file, in `SCIMITAR_BOOTSTRAP_TOKEN_FILE`",
        "`my.toml`, line 1"
    );
    refused(file, &[("SCIMITAR_BOOTSTRAP_TOKEN_FILE", path)], &twice);
    let variables = [("SCIMITAR_SECRETS__KEY", "00"), ("SCIMITAR_SECRETS__KEY_FILE", "k")];
    let twice = "`secrets.key` is given twice: in `SCIMITAR_SECRETS__KEY` and, as a file, in \
                 `SCIMITAR_SECRETS__KEY_FILE`";
    refused("", &variables, twice);

    let gone = folder.path().join("gone").display().to_string();
    let unreadable = format!("`database.url` cannot be read from its file `{gone}`");
    refused("", &[("SCIMITAR_DATABASE__URL_FILE", &gone)], &unreadable);
}

#[test]
fn secrets_print_neither_in_settings_nor_in_messages() {
    let url = format!("postgres://ada:{CANARY}@db.example/scimitar");
    let variables = [
        ("SCIMITAR_BOOTSTRAP_TOKEN", CANARY),
        ("SCIMITAR_SECRETS__KEY", CANARY),
        ("SCIMITAR_DATABASE__URL", &url),
    ];
    let config = good("", &variables);
    assert!(!format!("{config:?} {config:#?}").contains(CANARY));
    assert_eq!(config.bootstrap_token.expect("a token").expose(), CANARY);

    let wrong = format!("mysql://ada:{CANARY}@db.example/");
    let spaced = format!("{CANARY} {CANARY}");
    let broken = format!("bootstrap_token = \"{CANARY}");
    for error in [
        read("", &[("SCIMITAR_DATABASE__URL", &wrong)]),
        read("", &[("SCIMITAR_BOOTSTRAP_TOKEN", &spaced)]),
        read(&broken, &[]),
        read("", &[("SCIMITAR_BOOTSTRAP_TOKN", CANARY)]),
    ] {
        let error = error.expect_err("a configuration that cannot be used");
        assert!(!format!("{error} {error:?}").contains(CANARY), "{error:?}");
    }
}

#[test]
fn every_key_of_the_manual_is_read() {
    let mut layers = Layers::built_in().expect("the defaults are TOML");
    Config::read(&mut Reader::new(&mut layers)).expect("the defaults can be used");
    assert_eq!(layers.left(), [""; 0]);
}

#[test]
fn the_page_on_configuration_shows_the_manual() {
    let page = include_str!("../../../../docs/configuration.md");
    let manual = include_str!("../default.toml");
    assert!(
        page.contains(&format!("```toml\n{manual}```\n")),
        "copy `default.toml` into docs/configuration.md"
    );
    assert_eq!(variable("http.page_size_cap"), "SCIMITAR_HTTP__PAGE_SIZE_CAP");
}
