//! What is fuzzed. Each target takes any octets and says which property they broke.

mod bulk;
mod cursor;
mod filter;
mod patch;
mod path;
mod resource;

use anyhow::Result;
use scimitar_scim::resource::Attributes;
use scimitar_scim::schema::{Registry, ResourceType};
use scimitar_scim::{Dialect, resource as resources};
use serde_json::json;

/// One target.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&World, &[u8]) -> Result<()>,
}

pub(crate) const TARGETS: [Target; 6] = [
    Target { name: "filter", run: filter::run },
    Target { name: "path", run: path::run },
    Target { name: "patch", run: patch::run },
    Target { name: "resource", run: resource::run },
    Target { name: "bulk", run: bulk::run },
    Target { name: "cursor", run: cursor::run },
];

/// The target of this name.
pub(crate) fn find(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}

/// What the targets work on, made once.
pub(crate) struct World {
    pub(crate) users: ResourceType,
    pub(crate) groups: ResourceType,
    pub(crate) people: Vec<Attributes>,
    pub(crate) group: Attributes,
}

impl World {
    pub(crate) fn new() -> Self {
        let registry = Registry::standard();
        let [users, groups] = ["User", "Group"].map(|name| {
            let none = || ResourceType::new("None", "/None", empty());
            registry.resource_type(name).cloned().unwrap_or_else(none)
        });
        let ada = json!({
            "userName": "Ada", "externalId": "A-1", "active": true, "title": "Analyst",
            "name": {"givenName": "Ada", "familyName": "Ünal"},
            "emails": [
                {"value": "ada@example.com", "type": "work", "primary": true}, {"value": "ada@home.example", "type": "home"},
            ],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R", "manager": {"value": "7"}},
        });
        let group =
            json!({"displayName": "ops", "members": [{"value": "a"}, {"value": "b", "type": "Group"}]});
        let read =
            |kind: &ResourceType, body| resources::read(kind, body, &Dialect::GENERIC).unwrap_or_default();
        let mut ada = read(&users, ada);
        ada.insert("id".to_owned(), json!("1"));
        ada.insert("meta".to_owned(), json!({"resourceType": "User", "created": "2024-01-01T00:00:00Z"}));
        let people = vec![ada, read(&users, json!({"userName": "kim"}))];
        let group = read(&groups, group);
        Self { users, groups, people, group }
    }
}

fn empty() -> scimitar_scim::schema::Schema {
    scimitar_scim::schema::Schema {
        id: "urn:none".into(),
        name: "None".into(),
        description: "None".into(),
        attributes: Vec::new(),
    }
}

/// One dialect for each input, so that all of them are tried.
pub(crate) fn dialect(input: &[u8]) -> Dialect {
    let sum = input.iter().fold(0_usize, |sum, byte| sum.wrapping_add(usize::from(*byte)));
    Dialect::ALL.get(sum % Dialect::ALL.len()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::corpus;
    use crate::mutate::{Random, mutate};

    /// What was found once is tried for ever, and what is found with little luck is found here.
    #[test]
    fn no_input_of_the_corpora_nor_any_near_it_breaks_a_target() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let world = World::new();
        for target in TARGETS {
            let mut inputs = corpus::seeds(&root).expect("seeds");
            inputs.extend(corpus::kept(&root, target.name).expect("a corpus"));
            assert!(inputs.len() > 300, "{}: only {} inputs", target.name, inputs.len());
            let mut random = Random::new(1);
            for input in &inputs {
                let mut near = input.clone();
                mutate(&mut random, &mut near, random_other(&inputs, input.len()));
                for input in [input, &near] {
                    if let Err(broken) = (target.run)(&world, input) {
                        panic!("{}: {:?}: {broken:#}", target.name, String::from_utf8_lossy(input));
                    }
                }
            }
        }
    }

    fn random_other(inputs: &[Vec<u8>], n: usize) -> &[u8] {
        inputs.get(n % inputs.len()).map(Vec::as_slice).unwrap_or_default()
    }

    #[test]
    fn the_world_is_what_it_should_be() {
        let world = World::new();
        assert_eq!((&*world.users.name, &*world.groups.name), ("User", "Group"));
        assert_eq!(world.people.len(), 2);
        assert!(world.group.contains_key("members"));
        assert!(find("filter").is_some() && find("none").is_none());
    }
}
