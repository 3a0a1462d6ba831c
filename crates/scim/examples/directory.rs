//! A directory of three people that answers one filter: `cargo run --example directory -- 'active eq true'`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use scimitar_scim::filter::{Filter, Rules, Unknown};
use scimitar_scim::schema::Registry;
use scimitar_scim::{Dialect, Reason, ScimError, resource, urn};
use serde_json::{Value, json};

fn main() {
    let asked = std::env::args().nth(1).unwrap_or_else(|| r#"name.familyName sw "L""#.to_owned());
    match answer(&asked) {
        Ok(found) => println!("{found:#}"),
        Err(error) => println!("{:#}", error.body()),
    }
}

/// The people that the filter finds, as a service answers.
fn answer(asked: &str) -> Result<Value, ScimError> {
    let registry = Registry::standard();
    let missing = || Reason::InvalidSyntax.because("there are no users");
    let users = registry.resource_type("User").ok_or_else(missing)?;
    let condition = Filter::parse(asked, &Rules::STRICT)?.check(users, Unknown::Refused)?;
    let mut found = Vec::new();
    for (username, family, active) in
        [("ada", "Lovelace", true), ("grace", "Hopper", true), ("kim", "Lee", false)]
    {
        let sent = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": username,
            "name": {"familyName": family},
            "active": active,
        });
        let person = resource::read(users, sent, &Dialect::STRICT)?;
        if condition.matches(&person) {
            found.push(Value::Object(person));
        }
    }
    Ok(json!({"schemas": [urn::LIST_RESPONSE], "totalResults": found.len(), "Resources": found}))
}
