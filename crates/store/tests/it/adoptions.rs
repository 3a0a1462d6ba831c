//! What walks have seen, what could be adopted, and what was.

use scimitar_domain::{AdoptionState, Candidate, MatchKeys, MatchedBy, ObjectId, ObjectKind, UserPk};
use scimitar_store::claims::LinkResult;
use scimitar_store::remote_keys::{self, Seen};
use scimitar_store::{PageRequest, adoptions, links};

use crate::setting::Setting;

const USERS: ObjectKind = ObjectKind::User;

fn keys(external_id: &str, name: &str, email: &str) -> MatchKeys {
    MatchKeys { external_id: external_id.into(), name: name.into(), emails: vec![email.into()] }
}

fn seen(remote_id: &str, keys: MatchKeys) -> Seen {
    Seen { remote_id: remote_id.into(), keys }
}

fn candidate(remote_id: &str, matched_by: MatchedBy, value: &str) -> Candidate {
    Candidate { remote_id: remote_id.into(), matched_by, value: value.into() }
}

/// The adoptions, one line each.
fn listed(setting: &Setting, provider: scimitar_domain::ProviderPk) -> Vec<String> {
    let page = setting.run(move |conn| adoptions::page(conn, provider, None, &PageRequest::default()));
    page.rows.iter().map(|it| format!("{} {}", it.label, it.adoption.state.as_str())).collect()
}

#[test]
fn a_walk_that_has_not_seen_everything_is_known_until_another_one_ends() {
    let setting = Setting::new();
    let pk = setting.provider("one").pk;
    let is_partial = || setting.run(move |conn| remote_keys::is_partial(conn, pk, USERS));
    let begin = || setting.run(move |conn| remote_keys::begin(conn, pk, USERS));
    assert!(!is_partial());
    let walk = begin();
    setting.run(move |conn| remote_keys::note_partial(conn, pk, USERS, walk));
    assert!(!is_partial(), "it goes on");
    setting.run(move |conn| remote_keys::end(conn, pk, USERS, walk));
    assert!(is_partial());
    let walk = begin();
    assert!(is_partial(), "the next one goes on");
    setting.run(move |conn| remote_keys::end(conn, pk, USERS, walk));
    assert!(!is_partial());
}

#[test]
fn the_surest_key_finds_and_what_the_last_walk_has_not_seen_is_gone() {
    let setting = Setting::new();
    let (one, other) = (setting.provider("one"), setting.provider("other"));
    let (pk, ada) = (one.pk, ObjectId::User(setting.user("ada")));
    assert!(!setting.run(move |conn| remote_keys::is_walked(conn, pk, USERS)));
    let walk = move |seen: Vec<Seen>| {
        move |conn: &mut scimitar_store::Conn| {
            let walk = remote_keys::begin(conn, pk, USERS)?;
            remote_keys::remember(conn, pk, USERS, walk, &seen)?;
            remote_keys::end(conn, pk, USERS, walk)
        }
    };
    let found = |wanted: MatchKeys| {
        let wanted = vec![(ada, wanted)];
        let mut found = setting.run(move |conn| remote_keys::candidates(conn, pk, USERS, &wanted));
        found.remove(&ada).unwrap_or_default()
    };
    setting.run(walk(vec![
        seen("1", keys("x", "someone", "")),
        seen("2", keys("", "Ada", "")),
        seen("3", keys("", "a", "ADA@example.com")),
        seen("4", keys("", "b", "ada@example.com")),
    ]));
    assert!(setting.run(move |conn| remote_keys::is_walked(conn, pk, USERS)));
    assert_eq!(setting.run(move |conn| remote_keys::count(conn, pk, USERS)), 4);
    assert_eq!(found(keys("x", "ADA", "ada@example.com")), [candidate("1", MatchedBy::ExternalId, "x")]);
    assert_eq!(found(keys("X", "ADA", "ada@example.com")), [candidate("2", MatchedBy::Name, "ada")]);
    let by_email = |id| candidate(id, MatchedBy::Email, "ada@example.com");
    assert_eq!(found(keys("", "", "Ada@Example.com")), [by_email("3"), by_email("4")]);
    assert_eq!(found(keys("", "", "")), []);
    assert!(!setting.run(move |conn| remote_keys::is_walked(conn, other.pk, USERS)));

    // What stands for another is nobody's, and a walk that goes on hides nothing.
    setting.link(&one, setting.user("bob"), "3");
    assert_eq!(found(keys("", "", "Ada@Example.com")), [by_email("4")]);
    setting.run(move |conn| remote_keys::begin(conn, pk, USERS));
    assert_eq!(found(keys("", "ada", "")), [candidate("2", MatchedBy::Name, "ada")]);
    setting.run(walk(vec![seen("4", keys("", "b", "ada@example.com"))]));
    assert_eq!(found(keys("", "ada", "")), []);
    assert_eq!(setting.run(move |conn| remote_keys::count(conn, pk, USERS)), 1);
}

#[test]
fn what_was_there_before_is_nobodys_to_delete_until_it_is_settled() {
    let setting = Setting::new();
    let provider = setting.provider("one");
    let (pk, ada, bob) = (provider.pk, setting.user("ada"), setting.user("bob"));
    let take = |user: UserPk, candidate: Candidate| {
        let claim = setting.claim(pk, ObjectId::User(user));
        let (link, remote_id) = (claim.link.id, candidate.remote_id.clone());
        setting.run(move |conn| {
            adoptions::mark(conn, link, &candidate)?;
            adoptions::take_over(conn, link, &candidate)
        });
        setting.record(&claim, crate::setting::written(&remote_id, 1, 1));
    };
    let unconfirmed = |id: &'static str| setting.run(move |conn| adoptions::unconfirmed(conn, pk, USERS, id));
    take(ada, candidate("1", MatchedBy::Name, "ada"));
    take(bob, candidate("2", MatchedBy::ExternalId, "x"));
    assert_eq!((unconfirmed("1"), unconfirmed("2")), (Some(MatchedBy::Name), None));
    assert_eq!(listed(&setting, pk), ["ada adopted"]);
    setting.run(move |conn| adoptions::settle(conn, pk, ObjectId::User(ada), "1"));
    assert_eq!(unconfirmed("1"), None);
    assert_eq!(listed(&setting, pk), [""; 0]);
}

#[test]
fn a_new_walk_forgets_what_is_found_anew_and_keeps_what_is_parked() {
    let setting = Setting::new();
    let provider = setting.provider("one");
    let (pk, ada, bob) = (provider.pk, setting.user("ada"), setting.user("bob"));
    let (carol, staff) = (setting.user("carol"), setting.group("staff", &[]));
    let one = || vec![candidate("1", MatchedBy::Name, "n")];
    let two = || vec![candidate("1", MatchedBy::Name, "n"), candidate("2", MatchedBy::Name, "n")];
    let parked = setting.claim(pk, ObjectId::User(ada));
    let attempt = crate::setting::attempt(None);
    setting.record(&parked, LinkResult::Failed { attempt, forget_remote: false, version: 1, revision: 1 });
    let found = [
        (ObjectId::User(ada), two()),
        (ObjectId::User(bob), two()),
        (ObjectId::User(carol), one()),
        (ObjectId::Group(staff), one()),
    ];
    setting.run(move |conn| adoptions::note(conn, pk, &found));
    assert_eq!(listed(&setting, pk), ["ada ambiguous", "bob ambiguous", "carol match", "staff match"]);
    let page = setting
        .run(move |conn| adoptions::page(conn, pk, Some(AdoptionState::Match), &PageRequest::default()));
    assert_eq!(page.count, 2);
    setting.run(move |conn| adoptions::forget_open(conn, pk, USERS));
    assert_eq!(listed(&setting, pk), ["ada ambiguous", "staff match"]);

    let id = setting.link_id();
    setting.run(move |conn| links::insert(conn, id, pk, ObjectId::User(ada), "1"));
    assert_eq!(listed(&setting, pk), ["staff match"]);
}

#[test]
fn walks_side_by_side_lose_nothing_that_either_has_seen() {
    let setting = Setting::new();
    let pk = setting.provider("one").pk;
    let resource = |at: u8| seen(&at.to_string(), keys(&format!("x{at}"), "", ""));
    let (slow, quick) = setting
        .run(move |conn| Ok((remote_keys::begin(conn, pk, USERS)?, remote_keys::begin(conn, pk, USERS)?)));
    let all = [resource(1), resource(2)];
    setting.run(move |conn| remote_keys::remember(conn, pk, USERS, quick, &all));
    let (first, second) = ([resource(1)], [resource(2)]);
    setting.run(move |conn| remote_keys::remember(conn, pk, USERS, slow, &first));
    setting.run(move |conn| remote_keys::end(conn, pk, USERS, quick));
    assert_eq!(setting.run(move |conn| remote_keys::count(conn, pk, USERS)), 2);
    setting.run(move |conn| remote_keys::remember(conn, pk, USERS, slow, &second));
    setting.run(move |conn| remote_keys::end(conn, pk, USERS, slow));
    assert_eq!(setting.run(move |conn| remote_keys::count(conn, pk, USERS)), 2);
}
