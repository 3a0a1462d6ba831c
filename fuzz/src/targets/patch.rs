//! Patches: reading, applying to a user and to a group, and splitting off the members.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use scimitar_scim::patch::{MemberStep, apply, read, split_members};
use scimitar_scim::resource::{Attributes, complete};
use scimitar_scim::urn;
use serde_json::{Value, json};

use super::{World, dialect};
use crate::choices::json;

pub(crate) fn run(world: &World, input: &[u8]) -> Result<()> {
    let dialect = dialect(input);
    let body = match json(input) {
        operations @ Value::Array(_) => json!({"schemas": [urn::PATCH_OP], "Operations": operations}),
        body => body,
    };
    let Ok(operations) = read(body, &dialect, 100) else { return Ok(()) };
    for person in &world.people {
        let Ok(patched) = apply(&world.users, person, operations.clone(), &dialect) else { continue };
        ensure!(patched.changed == (patched.resource != *person), "a change is not what it is said to be");
        sound(&patched.resource)?;
        for kept in ["id", "meta"] {
            ensure!(patched.resource.get(kept) == person.get(kept), "`{kept}` was changed");
        }
        let mut again = patched.resource.clone();
        complete(&world.users, &mut again)?;
        ensure!(again == patched.resource, "what is complete is completed once more");
    }
    let whole = apply(&world.groups, &world.group, operations.clone(), &dialect);
    let Ok(split) = split_members(&world.groups, operations, &dialect) else { return Ok(()) };
    for pair in split.members.windows(2) {
        let both = pair.iter().all(|step| matches!(step, MemberStep::Change { .. }));
        ensure!(!both, "two changes follow each other");
    }
    let rest = apply(&world.groups, &world.group, split.rest, &dialect);
    if let (Ok(whole), Ok(rest)) = (whole, rest) {
        let mut without = (whole.resource, rest.resource);
        let (found, expected) = (members(&mut without.0), after(&split.members, members(&mut without.1)));
        if let (Some(found), Some(expected)) = (found, expected) {
            ensure!(found == expected, "as a list the members are {found:?}, as sets {expected:?}");
        }
        ensure!(without.0 == without.1, "what is no member differs");
    }
    Ok(())
}

fn sound(resource: &Attributes) -> Result<()> {
    ensure!(resource.get("userName").is_some_and(Value::is_string), "the name is gone");
    for name in ["emails", "roles", "addresses"] {
        let elements =
            resource.get(name).map(|value| value.as_array().map(Vec::as_slice).unwrap_or_default());
        ensure!(elements.is_none_or(|elements| !elements.is_empty()), "`{name}` is empty");
        let elements = elements.unwrap_or_default();
        let is_primary = |element: &&Value| element.get("primary") == Some(&Value::Bool(true));
        ensure!(elements.iter().filter(is_primary).count() <= 1, "`{name}` has two primary elements");
        ensure!(
            elements.iter().all(|it| it.as_object().is_some_and(|it| !it.is_empty())),
            "an element of nothing"
        );
    }
    Ok(())
}

/// The ids, taken out; `None` when an element has none, which only a list of members with parts can do.
fn members(group: &mut Attributes) -> Option<BTreeSet<String>> {
    let Some(Value::Array(elements)) = group.shift_remove("members") else { return Some(BTreeSet::new()) };
    elements.iter().map(|element| Some(element.get("value")?.as_str()?.to_owned())).collect()
}

fn after(steps: &[MemberStep], before: Option<BTreeSet<String>>) -> Option<BTreeSet<String>> {
    let mut members = before?;
    for step in steps {
        match step {
            MemberStep::Clear => members.clear(),
            MemberStep::Change { add, remove } => {
                members.retain(|id| !remove.contains(id));
                members.extend(add.keys().cloned());
            }
            // What a filter about other parts does depends on what those parts are.
            MemberStep::RemoveWhere(_) => return None,
        }
    }
    Some(members)
}
