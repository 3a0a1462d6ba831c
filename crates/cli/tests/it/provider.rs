//! What people do at the command line about one provider: an object of it, what fails, what it knows, who approved.

use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::Result;
use scimitar_testkit::program::eventually;
use scimitar_testkit::remote::{Behaviour, FakeRemote, FaultKind, Scripted};
use serde_json::json;

use super::site::{Said, Site};

/// A debug build on a machine that has other things to do.
const LIMIT: Duration = Duration::from_mins(1);

/// A user `ada` and a provider `app` with these fields besides, at a service that has ended: what the commands do they
/// do themselves.
async fn site(remote: &FakeRemote, fields: serde_json::Value) -> Result<Site> {
    let site = Site::new()?;
    let mut program = site.start()?;
    let api = program.api()?;
    api.create("/core/users/", &json!({"username": "ada", "name": "Ada"})).await?;
    let provider = api.provider("app", remote.url(), "secret").await?;
    api.change(&format!("/providers/scim/{provider}/"), &fields).await?;
    api.attach("app", provider).await?;
    program.terminate()?;
    Ok(site)
}

#[track_caller]
fn well(said: Said) -> String {
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    said.out
}

#[tokio::test]
async fn one_user_is_brought_in_step_and_what_was_said_is_told() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour::default());
    let site = site(&remote, json!({"dry_run": true})).await?;
    well(site.run(&["sync", "app", "--user", "ada"])?);
    assert_eq!(remote.users().len(), 0, "it is a dry run");
    let out = well(site.run(&["sync", "app", "--user", "ada", "--override-dry-run"])?);
    assert!(out.contains("/Users") && out.contains("201"), "{out}");
    assert_eq!(remote.user("ada").map(|user| user.id), Some("u1".to_owned()));

    let nobody = site.run(&["sync", "app", "--user", "nobody"])?;
    nobody.check_failure("there is no user `nobody`", "exactly as they are");
    for wrong in [
        vec!["sync", "app", "--override-dry-run"],
        vec!["sync", "app", "--user", "ada", "--approve"],
        vec!["sync", "app", "--user", "ada", "--group", "staff"],
        vec!["explain", "app"],
        vec!["adoptions", "app", "--adopt", "u1"],
        vec!["adoptions", "app", "--user", "ada"],
    ] {
        assert_eq!(site.run(&wrong)?.code, 2, "{wrong:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_fails_is_tried_again_by_name_and_the_syncs_are_listed() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour::default());
    remote.next_answers([Scripted::new(FaultKind::Status(400)).on("POST", "/Users").times(2)]);
    let site = site(&remote, json!({})).await?;
    let said = site.run(&["sync", "app"])?;
    assert_eq!(said.code, 4, "{}{}", said.out, said.err);
    assert_eq!(remote.users().len(), 0);
    let said = site.run(&["status", "app"])?;
    assert_eq!(said.code, 4, "{}{}", said.out, said.err);
    assert!(said.out.starts_with("provider `app`: 2 fail\n"), "{}", said.out);
    assert!(
        said.out.contains("\n  user `ada`: rejected: ") && said.out.contains("; tried once, "),
        "{}",
        said.out
    );
    let said = site.run(&["status"])?;
    assert_eq!((said.code, said.out.as_str()), (4, "app: 2 fail\n"));

    let out = well(site.run(&["retry", "app", "--user", "ada"])?);
    assert!(out.starts_with("1 that fail at `app` are tried again"), "{out}");
    let said = site.run(&["sync", "app"])?;
    assert_eq!(said.code, 4, "`akadmin` fails: {}{}", said.out, said.err);
    assert!(remote.user("ada").is_some() && remote.user("akadmin").is_none());
    let out = well(site.run(&["retry", "app", "--user", "ada"])?);
    assert_eq!(out, "none of them fails at `app`\n");
    let out = well(site.run(&["retry", "app"])?);
    assert!(out.starts_with("1 that fail at `app` are tried again"), "{out}");
    let said = site.run(&["status"])?;
    assert!(said.out.starts_with("app: 1 fails; 1 job waits since 2"), "{}", said.out);
    well(site.run(&["sync", "app"])?);
    assert!(remote.user("akadmin").is_some());
    // A job of the retry may still wait for whoever serves.
    let mut program = site.start()?;
    eventually(LIMIT, "all to be in step", async || {
        let said = site.run(&["status"])?;
        let is_done = said.code == 0 && said.out == "app: in step\n";
        Ok(if is_done { ControlFlow::Break(()) } else { ControlFlow::Continue(said.out) })
    })
    .await?;
    program.terminate()?;
    let out = well(site.run(&["runs", "app", "--limit", "2"])?);
    let runs: Vec<&str> = out.lines().collect();
    assert_eq!(runs.len(), 2, "{out}");
    assert!(runs[0].contains(", done: users ") && runs[1].contains(", warning: users "), "{out}");
    Ok(())
}

#[tokio::test]
async fn how_a_provider_is_dealt_with_is_shown_and_changed_by_the_names_of_the_api() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour::default());
    let site = site(&remote, json!({})).await?;
    let out = well(site.run(&["settings", "app"])?);
    for line in ["user_deprovisioning=delete", "four_eyes=false", "nested_groups=direct", "profile="] {
        assert!(out.lines().any(|it| it == line), "{line}: {out}");
    }
    assert!(!out.contains("secret"), "{out}");
    let changed = ["user_deprovisioning=deactivate", "drift_check_every=hours=3", "keep_exchanges=true"];
    let out = well(site.run(&[&["settings", "app"], changed.as_slice()].concat())?);
    assert!(changed.iter().all(|line| out.lines().any(|it| it == *line)), "{out}");
    assert_eq!(well(site.run(&["settings", "app"])?), out, "it is kept");
    assert!(well(site.run(&["guard", "app"])?).contains("saved the provider"));

    let wrong = ["settings", "app", "profile=acme", "group_deprovisioning=deactivate", "dry_run=true"];
    site.run(&wrong)?.check_failure("no known profile", "nothing was changed");
    assert_eq!(well(site.run(&["settings", "app"])?), out);
    for wrong in ["token=canary", "dry_run", "tea=7"] {
        let said = site.run(&["settings", "app", wrong])?;
        assert!(said.code == 2 && said.err.contains("NAME=VALUE"), "{}", said.err);
    }
    let profiles = well(site.run(&["profiles"])?);
    assert!(
        profiles.contains(
            "okta: A service made for Okta
"
        ) && profiles.contains(", at *.my.salesforce.com")
    );
    Ok(())
}

#[tokio::test]
async fn where_providers_stand_is_told_before_one_is_asked_to_do_anything() -> Result<()> {
    let bare = Site::new()?;
    bare.start()?.terminate()?;
    assert_eq!(well(bare.run(&["status"])?), "there are no providers yet\n");
    bare.run(&["status", "app"])?.check_failure("there is no provider `app`", "there are no providers yet");

    let remote = FakeRemote::start_on_thread(Behaviour::default());
    remote.next_answers([Scripted::new(FaultKind::Status(401)).times(50)]);
    let site = site(&remote, json!({})).await?;
    assert_eq!(site.run(&["sync", "app"])?.code, 1, "the remote takes no token");
    for words in [vec!["status"], vec!["status", "app"]] {
        let said = site.run(&words)?;
        assert_eq!(said.code, 4, "{}{}", said.out, said.err);
        let rests = |line: &str| line.contains("app") && line.contains(": rests until 2");
        assert!(said.out.lines().any(rests) && said.out.contains(" (unauthorized): "), "{}", said.out);
    }
    Ok(())
}

#[tokio::test]
async fn what_a_remote_can_do_and_who_saved_its_provider_is_told() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour::default());
    let site = site(&remote, json!({"profile": "okta"})).await?;
    let out = well(site.run(&["capabilities", "app"])?);
    assert!(out.starts_with("profile `okta`: "), "{out}");
    assert!(
        out.contains("\nusers: changed by ") && out.contains("\nthe remote says what it can do\n"),
        "{out}"
    );
    let out = well(site.run(&["capabilities", "app", "--forget"])?);
    assert_eq!(out, "what the remote of `app` has refused is forgotten\n");
    let out = well(site.run(&["guard", "app"])?);
    assert!(out.starts_with("nothing is held\n"), "{out}");
    assert!(out.contains(" changed by akadmin: saved the provider"), "{out}");
    Ok(())
}

#[tokio::test]
async fn who_was_taken_over_is_confirmed() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour::default());
    let theirs = remote.seed_user(json!({"userName": "ada"}));
    let site = site(&remote, json!({})).await?;
    well(site.run(&["sync", "app"])?);
    let out = well(site.run(&["adoptions", "app"])?);
    assert_eq!(out, format!("adopted, to be confirmed: user ada: {theirs} by name `ada`\n"));

    let said = site.run(&["adoptions", "app", "--adopt", "u99", "--user", "ada"])?;
    said.check_failure("the user has another resource at `app`", "scimitar explain");
    let out = well(site.run(&["adoptions", "app", "--adopt", &theirs, "--user", "ada"])?);
    assert!(out.starts_with(&format!("`{theirs}` is the user's at `app`; ")), "{out}");
    let out = well(site.run(&["adoptions", "app"])?);
    assert_eq!(out, "nothing to adopt is known\n");
    Ok(())
}

#[tokio::test]
async fn who_deals_with_a_remote_that_anybody_could_be_is_warned() -> Result<()> {
    const WARNING: &str = "certificate is not verified";
    let remote = FakeRemote::start_on_thread(Behaviour::default());
    let site = site(&remote, json!({"verify_certificates": false})).await?;
    for words in [vec!["capabilities", "app"], vec!["plan", "app"]] {
        let said = site.run(&words)?;
        assert!(!said.err.contains(WARNING), "without TLS there is nothing to verify: {}", said.err);
    }
    let mut program = site.start()?;
    assert!(!program.heard().contains(WARNING), "{}", program.heard());
    let url = remote.url().replace("http:", "https:");
    let api = program.api()?;
    let provider = &api.read("/providers/scim/?name=app").await?["results"][0]["pk"];
    api.change(&format!("/providers/scim/{provider}/"), &json!({"url": url})).await?;
    program.terminate()?;

    for words in [
        vec!["sync", "app", "--user", "ada"],
        vec!["sync", "app", "--dry-run"],
        vec!["sync", "app"],
        vec!["plan", "app"],
        vec!["capabilities", "app"],
    ] {
        let said = site.run(&words)?;
        assert!(
            said.err.lines().any(|it| it.starts_with("warning: The remote's")),
            "{words:?}: {}",
            said.err
        );
        assert!(!said.out.contains(WARNING), "what is read by programs stays as it was: {}", said.out);
    }
    let program = site.start()?;
    let log = program.heard();
    let told = log.lines().filter(|line| line.contains("provider `app`") && line.contains(WARNING));
    assert_eq!(told.count(), 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn what_is_held_is_rejected_and_stays() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour::default());
    let mut site = site(&remote, json!({})).await?;
    site.launch = site.launch.env("SCIMITAR_SYNC__GUARD_PERCENT", "10");
    well(site.run(&["sync", "app"])?);
    let n_users = remote.users().len();
    let mut program = site.start()?;
    let api = program.api()?;
    let group = api.create("/core/groups/", &json!({"name": "nobody"})).await?;
    let provider = api.get("/providers/scim/").await?.1["results"][0]["pk"].clone();
    let filter = json!({"filter_group": group["pk"]});
    api.change(&format!("/providers/scim/{provider}/"), &filter).await?;
    program.terminate()?;

    let said = site.run(&["sync", "app"])?;
    assert_eq!(said.code, 4, "{}{}", said.out, said.err);
    assert!(said.out.contains(" deletions or deactivations are held: "), "{}{}", said.out, said.err);
    let said = site.run(&["status"])?;
    let held = format!("app: {n_users} deletions or deactivations wait for approval since ");
    assert!(said.code == 4 && said.out.starts_with(&held), "{}{}", said.out, said.err);
    let out = well(site.run(&["guard", "app", "--reject", "--reason", "a mistake"])?);
    assert!(
        out.starts_with(&format!("{n_users} stay at `app` as they are until that is approved\n")),
        "{out}"
    );
    assert!(
        out.contains(" rejected: what was held stays as it is (") && out.contains("): a mistake"),
        "{out}"
    );
    well(site.run(&["sync", "app"])?);
    assert_eq!(remote.users().len(), n_users);
    assert!(!well(site.run(&["status"])?).contains("approval"));
    let out = well(site.run(&["guard", "app", "--reject"])?);
    assert!(out.starts_with("nothing is held\n"), "{out}");
    assert_eq!(site.run(&["guard", "app", "--reason", "x"])?.code, 2);
    well(site.run(&["sync", "app", "--approve"])?);
    assert_eq!(remote.users().len(), 0);
    Ok(())
}
