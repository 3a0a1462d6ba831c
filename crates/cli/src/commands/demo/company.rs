//! The demo's company: a file of names and departments, expanded to people and groups in the same way every time.

use anyhow::Context;
use serde::Deserialize;

const DATA: &str = include_str!("company.toml");

/// Everybody, and the groups that they are in.
#[derive(Debug)]
pub(super) struct Company {
    pub(super) name: String,
    pub(super) people: Vec<Person>,
    pub(super) groups: Vec<Unit>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) username: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) title: String,
    pub(super) department: String,
    /// The user name of whom they answer to. Somebody answers to nobody.
    pub(super) manager: Option<String>,
    /// Their places in the list of groups.
    pub(super) groups: Vec<usize>,
}

/// A department, or a team of one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) name: String,
    /// The department's place in the list of groups, before the team's own.
    pub(super) parent: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    name: String,
    domain: String,
    names: Vec<Names>,
    departments: Vec<Department>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    given: Vec<String>,
    family: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Department {
    name: String,
    head: String,
    teams: Vec<Team>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Team {
    name: String,
    title: String,
    people: usize,
}

impl Company {
    pub(super) fn bundled() -> anyhow::Result<Self> {
        let data: Data = toml::from_str(DATA).context("the demo's company cannot be read")?;
        let mut company = Self { name: data.name.clone(), people: Vec::new(), groups: Vec::new() };
        for department in &data.departments {
            company.found(&data, department)?;
        }
        Ok(company)
    }

    /// Add a department with everybody in it.
    fn found(&mut self, data: &Data, department: &Department) -> anyhow::Result<()> {
        let place = self.groups.len();
        self.groups.push(Unit { name: department.name.clone(), parent: None });
        let chief = self.people.first().map(|chief| chief.username.clone());
        let head = self.hire(data, department, &department.head, chief, vec![place])?;
        for team in &department.teams {
            let groups = vec![place, self.groups.len()];
            self.groups.push(Unit { name: team.name.clone(), parent: Some(place) });
            let lead = format!("{}, team lead", team.title);
            let lead = self.hire(data, department, &lead, Some(head.clone()), groups.clone())?;
            for _ in 1..team.people {
                self.hire(data, department, &team.title, Some(lead.clone()), groups.clone())?;
            }
        }
        Ok(())
    }

    /// Add the next person. Returns the user name.
    fn hire(
        &mut self,
        data: &Data,
        department: &Department,
        title: &str,
        manager: Option<String>,
        groups: Vec<usize>,
    ) -> anyhow::Result<String> {
        let (given, family) = names(&data.names, self.people.len()).context("the demo has too few names")?;
        let username = format!("{}.{}", spelled(given), spelled(family));
        self.people.push(Person {
            username: username.clone(),
            name: format!("{} {}", shown(given), shown(family)),
            email: format!("{username}@{}", data.domain),
            title: title.to_owned(),
            department: department.name.clone(),
            manager,
            groups,
        });
        Ok(username)
    }
}

/// The names of the person at this place: one list after the other, and in each every combination once.
fn names(lists: &[Names], at: usize) -> Option<(&str, &str)> {
    let list = lists.get(at % lists.len())?;
    let round = at / lists.len();
    let (n_given, n_family) = (list.given.len(), list.family.len());
    if round >= n_given * n_family {
        return None;
    }
    let given = list.given.get(round % n_given)?;
    // Another family name for each given name, so that neighbours are no relatives.
    let family = list.family.get((round / n_given + round % n_given) % n_family)?;
    Some((given, family))
}

/// The name as people write it.
fn shown(name: &str) -> &str {
    name.split_once('|').map_or(name, |(shown, _)| shown)
}

/// The name as it stands in a user name.
fn spelled(name: &str) -> String {
    let spelled = name.split_once('|').map_or(name, |(_, spelled)| spelled);
    spelled.chars().filter(char::is_ascii_alphabetic).map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn it_is_a_thousand_people_in_sixty_groups_and_no_two_alike() {
        let company = Company::bundled().expect("a company");
        assert_eq!((company.people.len(), company.groups.len()), (1_000, 60));
        let usernames: BTreeSet<&str> = company.people.iter().map(|it| it.username.as_str()).collect();
        assert_eq!(usernames.len(), company.people.len());
        let names: BTreeSet<&str> = company.groups.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names.len(), company.groups.len());
    }

    #[test]
    fn names_are_spelled_for_addresses_and_shown_as_they_are_written() {
        let company = Company::bundled().expect("a company");
        for person in &company.people {
            let (given, family) = person.username.split_once('.').expect("two names");
            let is_spelled = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase());
            assert!(is_spelled(given) && is_spelled(family) && !given.is_empty(), "{person:?}");
            assert!(!person.name.contains('|') && person.name.split(' ').count() == 2, "{person:?}");
            // A letter that is not ASCII needs a spelling of its own, or it would be lost.
            let letters = |name: &str| name.chars().filter(|it| it.is_alphabetic()).count();
            assert!(letters(&person.username) >= letters(&person.name), "{person:?}");
        }
        let fergus = company.people.iter().find(|it| it.name == "Aoife O'Brien").expect("Aoife");
        assert_eq!(fergus.email, "aoife.obrien@tidewater.example");
    }

    #[test]
    fn everybody_but_one_answers_to_somebody_in_the_end_to_the_same() {
        let company = Company::bundled().expect("a company");
        let managers: BTreeMap<&str, Option<&str>> =
            company.people.iter().map(|it| (it.username.as_str(), it.manager.as_deref())).collect();
        let chief = company.people.first().expect("a chief").username.as_str();
        for person in &company.people {
            let mut at = person.username.as_str();
            let mut steps = 0;
            while let Some(manager) = managers.get(at).copied().flatten() {
                (at, steps) = (manager, steps + 1);
                assert!(steps <= 3, "{person:?}");
            }
            assert_eq!(at, chief);
        }
    }

    #[test]
    fn a_team_stands_below_its_department_and_its_people_are_in_both() {
        let company = Company::bundled().expect("a company");
        for person in &company.people {
            let units: Vec<&Unit> = person.groups.iter().filter_map(|at| company.groups.get(*at)).collect();
            assert_eq!(units.first().map(|it| it.name.as_str()), Some(person.department.as_str()));
            if let [_, team] = units.as_slice() {
                assert_eq!(team.parent, person.groups.first().copied());
            }
        }
    }
}
