//! Whole resources and schemas: what is read is read again as the same.

use anyhow::{Result, ensure};
use scimitar_scim::resource::{read, replace};
use scimitar_scim::schema::Schema;
use serde_json::Value;

use super::{World, dialect};
use crate::choices::json;

pub(crate) fn run(world: &World, input: &[u8]) -> Result<()> {
    let body = json(input);
    let dialect = dialect(input);
    if let Ok(schema) = Schema::read(&body) {
        ensure!(
            schema.attributes.iter().all(|it| schema.attribute(&it.name) == Some(it)),
            "a name is there twice"
        );
    }
    for kind in [&world.users, &world.groups] {
        let Ok(kept) = read(kind, body.clone(), &dialect) else { continue };
        let again = read(kind, Value::Object(kept.clone()), &dialect)?;
        ensure!(again == kept, "what was kept is kept as something else: {kept:?} became {again:?}");
        ensure!(
            !kept.contains_key("id") && !kept.contains_key("meta"),
            "what is ours was taken from a client"
        );
        // To put what is there is to change nothing.
        let replaced = replace(kind, &kept, kept.clone(), &dialect)?;
        ensure!(replaced == kept, "a PUT of what is there changed it: {kept:?} became {replaced:?}");
    }
    Ok(())
}
