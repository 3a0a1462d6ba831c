//! What the directory holds of a resource: a user's name, address and activity, a group's name.

use scimitar_domain::{GroupFields, Source, UserFields};
use scimitar_scim::ScimError;
use scimitar_scim::attribute::{member, truth};
use scimitar_scim::resource::Attributes;
use serde_json::{Map, Value};
use validator::{Validate, ValidateEmail};

use crate::error::unfit;
pub(crate) use crate::mapped::Properties;

/// The longest address that the directory holds, in characters.
const LONGEST_EMAIL: usize = 254;

/// A user as a source makes it, before its mappings.
pub(crate) fn new_user(source: &Source, resource: &Attributes) -> UserFields {
    let path = source.fields.user_path_template.replace("%(slug)s", &source.fields.slug);
    let mut fields = UserFields { path, ..UserFields::default() };
    base_user(resource, &mut fields);
    fields
}

/// What the resource says about a user by itself. Everything else stays as it is.
pub(crate) fn base_user(resource: &Attributes, fields: &mut UserFields) {
    text(resource, "userName").unwrap_or_default().clone_into(&mut fields.username);
    fields.name = full_name(resource);
    email(resource).unwrap_or_default().clone_into(&mut fields.email);
    match resource.get("active") {
        Some(Value::Bool(is_active)) => fields.is_active = *is_active,
        // Said no more: as it was.
        Some(Value::Null) => {}
        Some(_) | None => fields.is_active = true,
    }
}

/// What the resource says about a group by itself.
pub(crate) fn base_group(resource: &Attributes, fields: &mut GroupFields) {
    text(resource, "displayName").unwrap_or_default().clone_into(&mut fields.name);
}

/// Refuse what the directory cannot hold, by the names of the protocol.
pub(crate) fn judge_user(fields: &UserFields) -> Result<(), ScimError> {
    fields.validate().map_err(|errors| {
        unfit(&errors, |field| match field {
            "username" => "userName",
            "name" => "name.formatted",
            "email" => "emails.value",
            "path" => "the user's path",
            _other => "an attribute",
        })
    })
}

/// The same for a group.
pub(crate) fn judge_group(fields: &GroupFields) -> Result<(), ScimError> {
    fields.validate().map_err(|errors| unfit(&errors, |_name| "displayName"))
}

/// The whole name as it is shown, the name to show to others, or else the parts that there are.
fn full_name(resource: &Attributes) -> String {
    let name = member(resource, "name").and_then(Value::as_object);
    let part = |part| name.and_then(|name| text(name, part));
    if let Some(whole) = part("formatted").or_else(|| text(resource, "displayName")) {
        return whole.to_owned();
    }
    let parts: Vec<&str> = ["givenName", "middleName", "familyName"].into_iter().filter_map(part).collect();
    parts.join(" ")
}

/// The primary address, else the first. What is no address stands in the resource only: the directory keeps
/// addresses that mail can be sent to.
fn email(resource: &Attributes) -> Option<&str> {
    let emails = member(resource, "emails")?.as_array()?;
    let (first, others): (Vec<&Value>, Vec<&Value>) =
        emails.iter().partition(|email| truth(email, "primary") == Some(true));
    let values = first.into_iter().chain(others).filter_map(|email| text(email.as_object()?, "value"));
    values.into_iter().find(|value| value.chars().count() <= LONGEST_EMAIL && value.validate_email())
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    member(members, name)?.as_str().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(resource: Value, name: &str, email: &str, is_active: bool) {
        let Value::Object(resource) = resource else { panic!("a table of objects") };
        let mut fields = UserFields::default();
        base_user(&resource, &mut fields);
        assert_eq!((&*fields.name, &*fields.email, fields.is_active), (name, email, is_active));
    }

    #[test]
    fn the_directory_takes_the_best_of_what_there_is() {
        check(json!({"userName": "ada"}), "", "", true);
        check(
            json!({"name": {"formatted": "Ada L.", "givenName": "Ada"}, "displayName": "x"}),
            "Ada L.",
            "",
            true,
        );
        check(json!({"displayName": "Ada", "active": false}), "Ada", "", false);
        check(json!({"name": {"familyName": "Lovelace", "givenName": "Ada"}}), "Ada Lovelace", "", true);
        let home = json!({"value": "ada@home.example"});
        let work = json!({"value": "ada@work.example", "primary": true});
        check(json!({"emails": [home, work]}), "", "ada@work.example", true);
        check(json!({"emails": [home]}), "", "ada@home.example", true);
        check(
            json!({"emails": [{"value": "nonsense", "primary": true}, home]}),
            "",
            "ada@home.example",
            true,
        );
    }
}
