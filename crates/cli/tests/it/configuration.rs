//! Configuration through the real files and the real environment.

use std::fs;

use anyhow::Result;

use super::site::Site;

#[tokio::test]
async fn an_unknown_name_is_refused_before_anything_is_made() -> Result<()> {
    let site = Site::sqlite()?.env("SCIMITAR_HTTP__LISTN", "127.0.0.1:0");
    let said = site.run(&["serve"])?;
    let expected = "error: unknown variable `SCIMITAR_HTTP__LISTN`: did you mean `SCIMITAR_HTTP__LISTEN`?\n";
    assert_eq!((said.code, said.err.as_str()), (1, expected));
    assert_eq!(fs::read_dir(site.launch.folder())?.count(), 0);

    let site = Site::sqlite()?;
    fs::write(site.launch.folder().join("scimitar.toml"), "[http]\nlisten = \"127.0.0.1:0\"\nworker = 1\n")?;
    let said = site.run(&["serve"])?;
    let expected =
        "error: unknown key `http.worker` in `scimitar.toml`, line 3: did you mean `http.workers`?\n";
    assert_eq!((said.code, said.err.as_str()), (1, expected));
    Ok(())
}

#[tokio::test]
async fn a_file_is_named_by_the_command_line_or_by_the_environment() -> Result<()> {
    let site = Site::sqlite()?;
    fs::write(site.launch.folder().join("a.toml"), "[http]\na = 1\n")?;
    fs::write(site.launch.folder().join("b.toml"), "[http]\nb = 1\n")?;
    let site = site.env("SCIMITAR_CONFIG", "a.toml");
    assert!(site.run(&["migrate"])?.err.contains("`http.a` in `a.toml`"));
    assert!(site.run(&["migrate", "--config", "b.toml"])?.err.contains("`http.b` in `b.toml`"));
    let said = site.run(&["--config", "gone.toml", "migrate"])?;
    assert!(
        said.err.starts_with("error: the configuration file `gone.toml` cannot be read: "),
        "{}",
        said.err
    );
    Ok(())
}

#[tokio::test]
async fn a_wrong_command_line_is_told_apart_from_a_failure() -> Result<()> {
    let site = Site::sqlite()?;
    let said = site.run(&["migrat"])?;
    assert_eq!(said.code, 2);
    assert!(said.err.contains("a similar subcommand exists: 'migrate'"), "{}", said.err);
    assert_eq!(site.run(&["--help"])?.code, 0);
    Ok(())
}
