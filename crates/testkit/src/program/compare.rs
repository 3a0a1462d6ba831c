//! The directory and a remote, object by object.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use super::directory::{Directory, Person, Team};
use super::mirror::{Mirror, Replica, Roster};

/// Everything in which the remote is not what the default mappings make of the directory: one sentence each.
/// Objects are told by `externalId`, which is the user's `uid` and the group's key.
pub fn differences(directory: &Directory, mirror: &Mirror) -> Vec<String> {
    let mut found = doubled(mirror);
    let replicas: BTreeMap<&str, &Replica> =
        mirror.users.iter().map(|user| (user.external_id.as_str(), user)).collect();
    let rosters: BTreeMap<&str, &Roster> =
        mirror.groups.iter().map(|group| (group.external_id.as_str(), group)).collect();

    for person in directory.users.values() {
        match replicas.get(person.uid.as_str()) {
            None => found.push(format!("user `{}` is missing at the remote", person.username)),
            Some(replica) => compare_user(person, replica, &mut found),
        }
    }
    let uids: BTreeSet<&str> = directory.users.values().map(|person| person.uid.as_str()).collect();
    for user in mirror.users.iter().filter(|user| !uids.contains(user.external_id.as_str())) {
        found.push(format!("the remote has a user `{}` too many, id {}", user.user_name, user.id));
    }

    let local: BTreeMap<&str, &str> =
        mirror.users.iter().map(|user| (user.id.as_str(), user.external_id.as_str())).collect();
    for (key, team) in &directory.groups {
        match rosters.get(key.as_str()) {
            None => found.push(format!("group `{}` is missing at the remote", team.name)),
            Some(roster) => compare_group(directory, team, roster, &local, &mut found),
        }
    }
    for group in mirror.groups.iter().filter(|group| !directory.groups.contains_key(&group.external_id)) {
        found.push(format!("the remote has a group `{}` too many, id {}", group.display_name, group.id));
    }
    found
}

/// What stands there twice, before the maps hide it.
fn doubled(mirror: &Mirror) -> Vec<String> {
    let users = mirror.users.iter();
    let keys = users
        .flat_map(|user| {
            [format!("user externalId {}", user.external_id), format!("userName {}", user.user_name)]
        })
        .chain(mirror.groups.iter().map(|group| format!("group externalId {}", group.external_id)));
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for key in keys {
        if seen.contains(&key) {
            found.push(format!("the remote has {key} twice"));
        }
        seen.insert(key);
    }
    found
}

fn compare_user(person: &Person, replica: &Replica, found: &mut Vec<String>) {
    let who = format!("user `{}`", person.username);
    let emails = Some(person.email.clone()).filter(|email| !email.is_empty()).into_iter().collect();
    unequal(&who, "userName", &person.username, &replica.user_name, found);
    unequal(&who, "displayName", &person.name, &replica.display_name, found);
    unequal(&who, "active", &person.is_active, &replica.active, found);
    unequal(&who, "emails", &emails, &replica.emails, found);
}

fn compare_group(
    directory: &Directory,
    team: &Team,
    roster: &Roster,
    local: &BTreeMap<&str, &str>,
    found: &mut Vec<String>,
) {
    let who = format!("group `{}`", team.name);
    unequal(&who, "displayName", &team.name, &roster.display_name, found);
    let uid = |pk: &i64| directory.users.get(pk).map_or("nobody", |person| person.uid.as_str());
    let wanted: BTreeSet<&str> = team.members.iter().map(uid).collect();
    let there: BTreeSet<&str> =
        roster.members.iter().map(|id| local.get(id.as_str()).copied().unwrap_or(id.as_str())).collect();
    for missing in wanted.difference(&there) {
        found.push(format!("{who} lacks the member {missing}"));
    }
    for extra in there.difference(&wanted) {
        found.push(format!("{who} has the member {extra} too many"));
    }
}

fn unequal<T: PartialEq + Debug>(who: &str, what: &str, wanted: &T, there: &T, found: &mut Vec<String>) {
    if wanted != there {
        found.push(format!("{who} has the {what} {there:?} instead of {wanted:?}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn directory() -> Directory {
        let ada = Person {
            uid: "uid-1".to_owned(),
            username: "ada".to_owned(),
            name: "Ada".to_owned(),
            email: String::new(),
            is_active: true,
        };
        let staff = Team { name: "staff".to_owned(), members: [1].into() };
        Directory { users: [(1, ada)].into(), groups: [("g".to_owned(), staff)].into() }
    }

    fn same() -> Value {
        json!({
            "users": [{"id": "u1", "externalId": "uid-1", "userName": "ada", "displayName": "Ada",
                       "active": true, "emails": []}],
            "groups": [{"id": "g1", "externalId": "g", "displayName": "staff", "members": ["u1"]}],
        })
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Value), expected: &[&str]) {
        let mut state = same();
        change(&mut state);
        assert_eq!(differences(&directory(), &Mirror::read(&state).unwrap()), expected);
    }

    #[test]
    fn what_is_the_same_has_no_difference() {
        check(|_| {}, &[]);
        check(|state| state["groups"][0]["members"] = json!([{"value": "u1"}]), &[]);
    }

    #[test]
    fn each_difference_is_told() {
        check(
            |state| state["users"][0]["displayName"] = "Eve".into(),
            &[r#"user `ada` has the displayName "Eve" instead of "Ada""#],
        );
        check(
            |state| state["users"][0]["active"] = false.into(),
            &["user `ada` has the active false instead of true"],
        );
        check(|state| state["groups"][0]["members"] = json!([]), &["group `staff` lacks the member uid-1"]);
        check(
            |state| state["groups"][0]["members"] = json!(["u1", "u9"]),
            &["group `staff` has the member u9 too many"],
        );
        check(|state| state["groups"] = json!([]), &["group `staff` is missing at the remote"]);
        check(
            |state| {
                let mut twin = state["users"][0].clone();
                twin["id"] = "u2".into();
                twin["userName"] = "eve".into();
                state["users"].as_array_mut().unwrap().insert(0, twin);
            },
            &["the remote has user externalId uid-1 twice"],
        );
        check(
            |state| {
                let stranger = json!({"id": "u2", "externalId": "x", "userName": "bob"});
                state["users"].as_array_mut().unwrap().push(stranger);
            },
            &["the remote has a user `bob` too many, id u2"],
        );
    }
}
