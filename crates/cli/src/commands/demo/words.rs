//! What the demo says once everything is in place: where things are, and what to try.

use std::path::Path;

use scimitar_domain::Secret;

use crate::report;

use super::company::Company;
use super::directory::Star;

/// What there is to tell.
pub(super) struct Facts<'a> {
    pub(super) company: &'a Company,
    /// How the provisioning went.
    pub(super) summary: &'a str,
    /// A host and a port.
    pub(super) api: &'a str,
    pub(super) key: &'a Secret<String>,
    pub(super) star: &'a Star,
    /// The application's SCIM address.
    pub(super) application: &'a str,
    pub(super) application_key: &'a Secret<String>,
    /// Where everything stays, if it does.
    pub(super) kept: Option<&'a Path>,
}

/// Tell it. The keys are shown, because they are worth nothing once the demo has ended.
pub(super) fn tell(facts: &Facts<'_>) {
    let end = match facts.kept {
        Some(folder) => format!("Ctrl-C ends the demo; `{}` keeps its databases.", folder.display()),
        None => "Ctrl-C ends the demo and removes all that it has made.".to_owned(),
    };
    report::line(format!("{}\n{}\n{end}", places(facts), commands(facts)));
}

fn places(facts: &Facts<'_>) -> String {
    format!(
        "\n{} is provisioned into the application: {}.\n\n  \
         API page     http://{}/api/v3/\n  \
         API token    {}\n  \
         application  {}\n",
        facts.company.name,
        facts.summary,
        facts.api,
        facts.key.expose(),
        facts.application,
    )
}

fn commands(facts: &Facts<'_>) -> String {
    let Star { pk, username, name } = facts.star;
    let (api, key, application) = (facts.api, facts.key.expose(), facts.application);
    let application_key = facts.application_key.expose();
    format!(
        "Three commands to try, in another terminal:\n\n  \
         # {name}, as the directory has it\n  \
         curl -sS -H 'Authorization: Bearer {key}' 'http://{api}/api/v3/core/users/?username={username}'\n\n  \
         # {name} leaves the company ...\n  \
         curl -sS -X PATCH -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \
         -d '{{\"is_active\": false}}' 'http://{api}/api/v3/core/users/{pk}/'\n\n  \
         # ... and a moment later the application knows\n  \
         curl -sS -G -H 'Authorization: Bearer {application_key}' \
         --data-urlencode 'filter=userName eq \"{username}\"' '{application}/Users'\n"
    )
}
