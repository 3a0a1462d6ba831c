//! Memberships at the remote.

use scimitar_domain::{GroupId, LinkId, Provider, UserPk};
use scimitar_store::members::{self, Delta, Looked, Member};
use scimitar_store::{groups, users};

use crate::setting::{Setting, at};

/// A linked group of three, two of whom are linked.
struct Team {
    setting: Setting,
    provider: Provider,
    users: [UserPk; 3],
    links: [LinkId; 2],
    group: GroupId,
    link: LinkId,
}

impl Team {
    fn new() -> Self {
        let setting = Setting::new();
        let provider = setting.provider("app");
        let users = ["ada", "bea", "cleo"].map(|name| setting.user(name));
        let group = setting.group("team", &users);
        let links = [setting.link(&provider, users[0], "u0"), setting.link(&provider, users[1], "u1")];
        let link = setting.link(&provider, group, "g");
        Self { setting, provider, users, links, group, link }
    }

    fn member(&self, i: usize) -> Member {
        Member { link: self.links[i], remote_id: format!("u{i}"), is_group: false }
    }

    fn difference(&self) -> Delta {
        let (provider, group) = (self.provider.pk, self.group);
        self.setting.run(move |conn| members::difference(conn, provider, group, 100))
    }

    fn pending(&self) -> members::PendingDelta {
        let (provider, group) = (self.provider.pk, self.group);
        self.setting.run(move |conn| members::pending(conn, provider, group, 100))
    }

    fn mark(&self, user: UserPk) {
        let (provider, group) = (self.provider.pk, self.group);
        self.setting.run(move |conn| members::mark_pending(conn, provider, group, user));
    }

    fn acknowledge(&self, added: &[LinkId], removed: &[LinkId], looked_at: &[Looked]) {
        let (link, added, removed, looked_at) =
            (self.link, added.to_vec(), removed.to_vec(), looked_at.to_vec());
        self.setting.run(move |conn| members::acknowledge(conn, link, &added, &removed, &looked_at));
    }
}

#[test]
fn the_difference_is_what_is_wanted_against_what_is_acknowledged() {
    let team = Team::new();
    assert_eq!(team.difference(), Delta { add: vec![team.member(0), team.member(1)], remove: vec![] });
    team.acknowledge(&[team.links[0]], &[], &[]);
    team.acknowledge(&[team.links[0], team.links[1]], &[], &[]);
    assert_eq!(team.difference(), Delta::default());
    let (group, user) = (team.group, team.users[0]);
    team.setting.run(move |conn| groups::remove_member(conn, group, user, at(1)));
    assert_eq!(team.difference(), Delta { add: vec![], remove: vec![team.member(0)] });
    team.acknowledge(&[], &[team.links[0]], &[]);
    assert_eq!(team.difference(), Delta::default());
    let link = team.link;
    assert_eq!(team.setting.run(move |conn| members::acked_count(conn, link)), 1);
    team.setting.run(move |conn| members::clear_acked(conn, link));
    assert_eq!(team.difference(), Delta { add: vec![team.member(1)], remove: vec![] });
}

#[test]
fn a_group_that_is_not_linked_wants_all_its_members() {
    let team = Team::new();
    let (provider, users) = (team.provider.pk, team.users);
    let fresh = team.setting.group("fresh", &users[..1]);
    let delta = team.setting.run(move |conn| members::difference(conn, provider, fresh, 9));
    assert_eq!(delta, Delta { add: vec![team.member(0)], remove: vec![] });
    assert_eq!(
        team.setting.run(move |conn| members::pending(conn, provider, fresh, 9)).delta,
        Delta::default()
    );
}

#[test]
fn the_wanted_members_come_in_pages() {
    let team = Team::new();
    let (provider, group) = (team.provider.pk, team.group);
    let desired = |after: Option<LinkId>| {
        team.setting.run(move |conn| members::desired(conn, provider, group, after, 1))
    };
    let first = desired(None).pop().unwrap();
    let second = desired(Some(first.link)).pop().unwrap();
    assert_eq!(desired(Some(second.link)), []);
    let mut both = [first, second];
    both.sort_by(|a, b| a.remote_id.cmp(&b.remote_id));
    assert_eq!(both, [team.member(0), team.member(1)]);
}

#[test]
fn pending_memberships_are_looked_at_one_by_one() {
    let team = Team::new();
    assert_eq!(team.pending().looked_at, [], "linked before their group, nobody is marked");
    team.acknowledge(&[team.links[1]], &[], &[]);
    let (group, bea) = (team.group, team.users[1]);
    team.setting.run(move |conn| groups::remove_member(conn, group, bea, at(1)));
    for user in team.users {
        team.mark(user);
    }
    let pending = team.pending();
    assert_eq!(pending.looked_at.iter().map(|it| it.user).collect::<Vec<_>>(), team.users);
    assert_eq!(pending.delta, Delta { add: vec![team.member(0)], remove: vec![team.member(1)] });
    team.acknowledge(&[team.links[0]], &[team.links[1]], &pending.looked_at);
    assert_eq!(team.pending(), members::PendingDelta::default());
    assert_eq!(team.difference(), Delta::default());
}

#[test]
fn a_membership_that_is_marked_again_while_it_is_sent_stays_pending() {
    let team = Team::new();
    let cleo = team.users[2];
    team.mark(cleo);
    let pending = team.pending();
    assert_eq!(pending.delta, Delta::default(), "she is not linked yet");
    team.setting.link(&team.provider, cleo, "u2");
    team.acknowledge(&[], &[], &pending.looked_at);
    let pending = team.pending();
    assert_eq!(pending.delta.add.iter().map(|it| it.remote_id.as_str()).collect::<Vec<_>>(), ["u2"]);
    team.acknowledge(&[], &[], &pending.looked_at);
    assert_eq!(team.pending().looked_at, [], "what was refused is not looked at for ever");
    assert_eq!(team.difference().add.len(), 3);
}

#[test]
fn nothing_is_kept_of_who_is_gone() {
    let team = Team::new();
    team.acknowledge(&team.links, &[], &[]);
    let (ada, link) = (team.users[0], team.links[0]);
    team.mark(ada);
    team.setting.run(move |conn| users::delete(conn, ada, at(1)));
    team.mark(ada);
    team.acknowledge(&[link], &[], &[]);
    assert_eq!(team.pending().looked_at, []);
    assert_eq!(team.difference(), Delta::default(), "deleting the user at the remote ends its memberships");
}

#[test]
fn known_members_are_told_from_strangers() {
    let team = Team::new();
    let provider = team.provider.pk;
    let asked = vec!["u1".to_owned(), "stranger".to_owned(), "g".to_owned()];
    let known = team.setting.run(move |conn| members::known(conn, provider, &asked));
    assert_eq!(known, [team.member(1)], "a group's id is not a user's");
}
