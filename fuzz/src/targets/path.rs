//! Paths of operations: reading, printing, where they lead, and the same for projections.

use anyhow::{Result, ensure};
use scimitar_scim::filter::Rules;
use scimitar_scim::projection::{Projection, names};
use scimitar_scim::{AttrPath, Path};

use super::{World, dialect};

pub(crate) fn run(world: &World, input: &[u8]) -> Result<()> {
    let text = String::from_utf8_lossy(input);
    if let Some(path) = AttrPath::parse(&text) {
        ensure!(path.to_string() == text, "`{text}` prints as `{path}`");
        for kind in [&world.users, &world.groups] {
            if let Some(target) = kind.target(&path) {
                let again: AttrPath = target.name().parse()?;
                ensure!(kind.target(&again) == Some(target), "`{text}` leads elsewhere under its own name");
            }
        }
    }
    for rules in [Rules::STRICT, Rules::LENIENT] {
        if let Ok(path) = Path::parse(&text, &rules) {
            let roomy = Rules { max_length: usize::MAX, ..Rules::STRICT };
            ensure!(
                Path::parse(&path.to_string(), &roomy).as_ref() == Ok(&path),
                "`{path}` reads back as another"
            );
        }
    }
    let (named, excluded) = text.split_once(';').unwrap_or((&text, ""));
    let Ok(projection) = Projection::read(&world.users, &names(named), &names(excluded), &dialect(input))
    else {
        return Ok(());
    };
    for person in &world.people {
        let once = projection.apply(person.clone());
        ensure!(once.keys().all(|name| person.contains_key(name)), "a projection made something up");
        ensure!(once.get("id") == person.get("id"), "the id is always returned");
        ensure!(projection.apply(once.clone()) == once, "a projection of a projection is another");
    }
    Ok(())
}
