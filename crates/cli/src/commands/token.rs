//! `scimitar token`: API tokens for whoever is on the machine, also when nobody has a key any more.

use anyhow::{bail, ensure};
use chrono::TimeDelta;
use clap::{Args, Subcommand};

use scimitar_domain::{DurationText, Intent, TokenFields, TokenId, rules};
use scimitar_store::{StoreError, Unique, tokens, users};

use crate::compose::Installation;
use crate::config::Config;
use crate::database;
use crate::report::{self, Problem};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a token for a user and print its key, once
    Create(Create),
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Whose token it is, by username
    #[arg(long, value_name = "NAME")]
    user: String,
    /// What the token is called [default: a new name]
    #[arg(long, value_name = "NAME")]
    identifier: Option<String>,
    /// How long it works, such as `days=30`, or `never`
    #[arg(long, value_name = "DURATION", default_value = "never", value_parser = expiry)]
    expires: Expiry,
}

/// When a token stops working.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expiry {
    Never,
    After(TimeDelta),
}

pub(crate) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let Command::Create(create) = command;
    let installation = Installation::open(config, None).await?;
    installation.lend(async move |installation| self::create(config, installation, create).await).await
}

async fn create(config: &Config, installation: &Installation, create: Create) -> anyhow::Result<()> {
    let (keyring, ids, now) = (installation.keyring.clone(), &installation.ids, installation.clock.now());
    let (id, key) = (TokenId(ids.uuid()), ids.key());
    let chance: String = hex::encode(ids.bytes()).chars().take(12).collect();
    let identifier = create.identifier.unwrap_or_else(|| format!("cli-{chance}"));
    ensure!(
        rules::slug(&identifier).is_ok(),
        "`{identifier}` cannot be an identifier: only letters, digits, `-` and `_` can"
    );
    let expires = match create.expires {
        Expiry::Never => None,
        Expiry::After(period) => Some(now + period),
    };
    let (username, name, new_key) = (create.user.clone(), identifier.clone(), key.clone());
    let made = installation.store.write(move |conn| {
        let Some(user) = users::find_by_username(conn, &username)? else { return Ok(None) };
        let fields = TokenFields {
            identifier: name.clone(),
            intent: Intent::Api,
            user: user.pk,
            description: String::new(),
            expires,
            expiring: expires.is_some(),
            managed: None,
        };
        tokens::insert(conn, &keyring, id, &fields, &new_key).map(Some)
    });
    match made.await {
        Ok(Some(_)) => {}
        Ok(None) => {
            let hint = "usernames are written exactly as they are; `akadmin` is the first administrator";
            return Err(Problem::new(format!("there is no user `{}`", create.user), hint).into());
        }
        Err(StoreError::Taken(Unique::TokenIdentifier)) => bail!("there is a token `{identifier}` already"),
        Err(error) => return Err(database::explain(error, &config.database)),
    }
    let until = expires.map_or_else(|| "never expires".to_owned(), |at| format!("expires at {at}"));
    report::note(format!("token `{identifier}` of `{}` {until}; its key is shown only now:", create.user));
    report::line(key.expose());
    Ok(())
}

fn expiry(text: &str) -> Result<Expiry, String> {
    if text == "never" {
        return Ok(Expiry::Never);
    }
    let duration = text.parse::<DurationText>().map_err(|error| error.to_string())?.duration();
    let period = TimeDelta::from_std(duration).ok().filter(|period| *period <= TimeDelta::days(36_500));
    match period {
        Some(period) if period > TimeDelta::zero() => Ok(Expiry::After(period)),
        Some(_) | None => Err("it must be more than nothing and at most a century".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_told_as_the_api_tells_it() {
        assert_eq!(expiry("never"), Ok(Expiry::Never));
        assert_eq!(expiry("days=30"), Ok(Expiry::After(TimeDelta::days(30))));
        for wrong in ["30d", "days=0", "weeks=1000000", ""] {
            assert!(expiry(wrong).is_err(), "{wrong}");
        }
    }
}
