//! Filters: reading, printing, meaning, answering.

use anyhow::{Result, ensure};
use scimitar_scim::filter::{Filter, Rules, Unknown};
use scimitar_scim::sort::{Sort, SortOrder};

use super::World;

pub(crate) fn run(world: &World, input: &[u8]) -> Result<()> {
    let text = String::from_utf8_lossy(input);
    for rules in [Rules::STRICT, Rules::LENIENT] {
        let Ok(filter) = Filter::parse(&text, &rules) else { continue };
        let printed = filter.to_string();
        // A printed filter may be longer: `\u0041` is short for nothing.
        let roomy = Rules { max_length: usize::MAX, ..Rules::STRICT };
        ensure!(Filter::parse(&printed, &roomy).as_ref() == Ok(&filter), "`{printed}` reads back as another");
        for unknown in [Unknown::Refused, Unknown::Absent] {
            let Ok(condition) = filter.check(&world.users, unknown) else { continue };
            let not = Filter::Not(Box::new(filter.clone()));
            let opposite = not.check(&world.users, unknown)?;
            for person in &world.people {
                ensure!(
                    condition.matches(person) != opposite.matches(person),
                    "`{printed}` and its opposite agree"
                );
            }
        }
    }
    if let Ok(sort) = Sort::read(&world.users, &text, SortOrder::Descending) {
        let keys: Vec<_> = world.people.iter().map(|person| sort.key(person)).collect();
        for key in &keys {
            ensure!(sort.compare(key, key).is_eq(), "a key is not equal to itself");
        }
    }
    Ok(())
}
