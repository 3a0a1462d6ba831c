//! Recording what came of claims.

use scimitar_domain::{JsonObject, Link, LinkId, LinkState, ObjectId};
use scimitar_store::claims::{self, Claim, LinkOutcome, LinkResult};
use scimitar_store::{links, members, tombstones, users};

use crate::setting::{Setting, at, attempt, object, written};

fn find(setting: &Setting, id: LinkId) -> Option<Link> {
    setting.run(move |conn| links::find(conn, id))
}

/// A linked user and a claim of it.
fn linked(setting: &Setting) -> Claim {
    let provider = setting.provider("app");
    let ada = setting.user("ada");
    setting.link(&provider, ada, "r1");
    setting.claim(provider.pk, ObjectId::User(ada))
}

#[test]
fn written_keeps_what_was_sent_and_what_came_back() {
    let setting = Setting::new();
    let claim = linked(&setting);
    setting.record(
        &claim,
        LinkResult::Failed { attempt: attempt(None), forget_remote: false, version: 1, revision: 1 },
    );
    let claim = setting.claim(claim.link.provider, claim.link.object);
    assert_eq!(claim.link.attempt, Some(attempt(None)));
    setting.record(&claim, written("r9", 5, 6));
    let link = find(&setting, claim.link.id).unwrap();
    assert_eq!(link.state, LinkState::Linked { remote_id: "r9".to_owned() });
    assert_eq!((link.synced_version, link.synced_revision, link.fingerprint), (5, 6, Some(42)));
    assert_eq!((link.attributes, link.sent), (object("answered", "r9"), object("sent", "r9")));
    assert_eq!(link.attempt, None);
}

#[test]
fn each_result_leaves_the_link_as_it_says() {
    let setting = Setting::new();
    let claim = linked(&setting);
    let again = || setting.claim(claim.link.provider, claim.link.object);

    setting.record(&claim, LinkResult::Kept { version: 7, revision: 8 });
    let link = find(&setting, claim.link.id).unwrap();
    assert_eq!((link.synced_version, link.synced_revision, link.fingerprint), (7, 8, Some(42)));

    setting.record(&again(), LinkResult::Released);
    assert_eq!(find(&setting, claim.link.id), Some(link.clone()));

    let failed = |next_at, forget_remote| LinkResult::Failed {
        attempt: attempt(next_at),
        forget_remote,
        version: 9,
        revision: 10,
    };
    setting.record(&again(), failed(Some(at(3)), false));
    let tried = find(&setting, claim.link.id).unwrap();
    assert_eq!(tried, Link { attempt: Some(attempt(Some(at(3)))), ..link.clone() }, "it is still to be done");

    setting.record(&again(), failed(None, false));
    let parked = find(&setting, claim.link.id).unwrap();
    assert_eq!(
        parked,
        Link { attempt: Some(attempt(None)), synced_version: 9, synced_revision: 10, ..link.clone() },
        "it is dealt with until something changes"
    );

    setting.record(&again(), failed(Some(at(3)), true));
    let forgotten = find(&setting, claim.link.id).unwrap();
    assert_eq!(forgotten.state, LinkState::New);
    assert_eq!((forgotten.synced_version, forgotten.synced_revision, forgotten.fingerprint), (0, 0, None));
    assert_eq!(forgotten.attempt, Some(attempt(Some(at(3)))));

    setting.record(&again(), LinkResult::Removed);
    assert_eq!(find(&setting, claim.link.id), None);
}

#[test]
fn a_version_is_known_until_something_else_may_be_there() {
    let setting = Setting::new();
    let provider = setting.provider("app");
    let ada = ObjectId::User(setting.user("ada"));
    let etag = |claim: &Claim| find(&setting, claim.link.id).unwrap().etag;
    let known = || {
        let claim = setting.claim(provider.pk, ada);
        setting.record(&claim, written("u1", 7, 1));
        assert_eq!(etag(&claim).as_deref(), Some("W/\"7\""));
        setting.claim(provider.pk, ada)
    };
    let claim = known();
    assert_eq!(claim.link.etag.as_deref(), Some("W/\"7\""));
    let link = claim.link.id;
    setting.run(move |conn| claims::note_etag(conn, link, Some("\"8\"")));
    assert_eq!(etag(&claim).as_deref(), Some("\"8\""));
    setting.run(move |conn| claims::note_etag(conn, link, None));
    assert_eq!(etag(&claim), None);
    setting.record(&claim, LinkResult::Released);

    let claim = known();
    let epoch = claim.epoch;
    setting.run(move |conn| claims::doubt(conn, link, epoch, &JsonObject::new()));
    assert_eq!(etag(&claim), None, "nobody knows what is there");
    setting.record(&claim, LinkResult::Released);

    let claim = known();
    setting.record(&claim, LinkResult::Kept { version: 8, revision: 1 });
    assert_eq!(etag(&claim).as_deref(), Some("W/\"7\""), "nothing was sent");
    let claim = known();
    setting.record(&claim, LinkResult::Forgotten);
    assert_eq!(etag(&claim), None);
    known();
    setting.run(claims::release_all);
    assert_eq!(etag(&claim), None, "its holder may have sent something");
}

#[test]
fn forgetting_drops_what_was_acknowledged_under_the_id() {
    let setting = Setting::new();
    let provider = setting.provider("app");
    let ada = setting.user("ada");
    let team = setting.group("team", &[ada]);
    let (member, group) = (setting.link(&provider, ada, "u1"), setting.link(&provider, team, "g1"));
    let acknowledge = || {
        setting.run(move |conn| members::acknowledge(conn, group, &[member], &[], &[]));
    };
    let acked = || setting.run(move |conn| members::acked_count(conn, group));
    for object in [ObjectId::User(ada), ObjectId::Group(team)] {
        acknowledge();
        assert_eq!(acked(), 1);
        let claim = setting.claim(provider.pk, object);
        setting.record(&claim, LinkResult::Forgotten);
        assert_eq!(acked(), 0, "{object}");
        let link = find(&setting, claim.link.id).unwrap();
        assert_eq!(link.state, LinkState::New);
        assert_eq!((link.sent.len(), link.attributes.len(), link.synced_version), (0, 0, 0));
    }
}

#[test]
fn a_user_that_is_linked_has_its_memberships_looked_at() {
    let setting = Setting::new();
    let provider = setting.provider("app");
    let (ada, bea) = (setting.user("ada"), setting.user("bea"));
    let team = setting.group("team", &[ada, bea]);
    let _unlinked = setting.group("other", &[ada]);
    setting.link(&provider, team, "g1");
    let claim = setting.claim(provider.pk, ObjectId::User(ada));
    assert_eq!(setting.record(&claim, written("u1", 1, 1)).groups, [team]);
    let pending = setting.run(move |conn| members::pending(conn, provider.pk, team, 10));
    assert_eq!(pending.delta.add.iter().map(|it| it.remote_id.as_str()).collect::<Vec<_>>(), ["u1"]);

    let claim = setting.claim(provider.pk, ObjectId::User(ada));
    assert_eq!(setting.record(&claim, written("u1", 2, 1)).groups, [], "nothing is new about it");
    let claim = setting.claim(provider.pk, ObjectId::User(ada));
    assert_eq!(setting.record(&claim, written("u7", 3, 1)).groups, [team], "under another id it is another");
}

#[test]
fn a_remote_id_that_stands_for_another_spoils_its_own_item_only() {
    let setting = Setting::new();
    let provider = setting.provider("app");
    let users = ["ada", "bea", "cleo", "dora"].map(|name| setting.user(name));
    setting.link(&provider, users[0], "r1");
    let claimed: Vec<Claim> =
        users[1..].iter().map(|pk| setting.claim(provider.pk, ObjectId::User(*pk))).collect();
    let remote_ids = ["r2", "r1", "r2"];
    let outcomes: Vec<LinkOutcome> = claimed
        .iter()
        .zip(remote_ids)
        .map(|(claim, remote_id)| LinkOutcome {
            link: claim.link.id,
            epoch: claim.epoch,
            result: written(remote_id, 1, 1),
        })
        .collect();
    let recorded = setting.run(move |conn| claims::record(conn, &outcomes));
    assert_eq!(recorded.held, [claimed[0].link.id]);
    let mut conflicts = vec![claimed[1].link.id, claimed[2].link.id];
    conflicts.sort();
    assert_eq!(recorded.conflicts, conflicts);
    assert_eq!(find(&setting, claimed[1].link.id).unwrap().state, LinkState::New);

    let failed = LinkResult::Failed { attempt: attempt(None), forget_remote: false, version: 1, revision: 1 };
    assert_eq!(setting.record(&claimed[1], failed).held, [claimed[1].link.id], "its lease is still held");
}

#[test]
fn one_remote_id_may_stand_for_a_user_and_for_a_group() {
    let setting = Setting::new();
    let (one, two) = (setting.provider("one"), setting.provider("two"));
    let ada = setting.user("ada");
    let team = setting.group("team", &[]);
    for (provider, object) in
        [(&one, ObjectId::User(ada)), (&one, ObjectId::Group(team)), (&two, ObjectId::User(ada))]
    {
        let claim = setting.claim(provider.pk, object);
        assert_eq!(setting.record(&claim, written("r1", 1, 1)).held, [claim.link.id]);
    }
}

#[test]
fn an_answer_that_comes_after_the_deletion_is_kept_on_the_tombstone() {
    let setting = Setting::new();
    let provider = setting.provider("app");
    let ada = setting.user("ada");
    let claim = setting.claim(provider.pk, ObjectId::User(ada));
    let intent = claims::Intent {
        link: claim.link.id,
        epoch: claim.epoch,
        external_id: "x".to_owned(),
        natural_key: "ada".to_owned(),
    };
    setting.run(move |conn| claims::begin_create(conn, std::slice::from_ref(&intent), at(1)));
    setting.run(move |conn| users::delete(conn, ada, at(1)));
    let left = || setting.run(move |conn| tombstones::of_object(conn, ObjectId::User(ada))).remove(0);
    assert_eq!(
        left().state,
        LinkState::Creating { external_id: "x".to_owned(), natural_key: "ada".to_owned() }
    );
    assert_eq!(left().id.0, claim.link.id.0);
    assert_eq!(setting.record(&claim, written("r1", 1, 1)).held, []);
    assert_eq!(left().state, LinkState::Linked { remote_id: "r1".to_owned() });
}

#[test]
fn a_whole_page_is_recorded_at_once() {
    let setting = Setting::new();
    let provider = setting.provider("app").pk;
    let asked: Vec<_> =
        (0..120).map(|i| (ObjectId::User(setting.user(&format!("user{i:03}"))), setting.link_id())).collect();
    let claimed = setting.run(move |conn| claims::claim(conn, provider, &asked, "worker", at(0), at(10)));
    assert_eq!(claimed.len(), 120);
    let outcomes: Vec<LinkOutcome> = claimed
        .iter()
        .enumerate()
        .map(|(i, claim)| LinkOutcome {
            link: claim.link.id,
            epoch: claim.epoch,
            result: match i % 3 {
                0 => written(&format!("r{i}"), 1, 1),
                1 => LinkResult::Kept { version: 1, revision: 1 },
                _ => LinkResult::Failed {
                    attempt: attempt(None),
                    forget_remote: false,
                    version: 1,
                    revision: 1,
                },
            },
        })
        .collect();
    let recorded = setting.run(move |conn| claims::record(conn, &outcomes));
    assert_eq!(recorded.held.len(), 120);
    let counts = setting.run(move |conn| links::counts(conn, provider));
    assert_eq!((counts.users_linked, counts.parked, counts.failing), (40, 40, 0));
}
