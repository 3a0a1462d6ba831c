//! Leasing links.

use scimitar_domain::{Attempt, LinkState, ObjectId, UserPk};
use scimitar_store::claims::{self, Claim, Intent, LinkResult};
use scimitar_store::{Conn, links, users};

use crate::setting::{Setting, at, attempt, written};

#[test]
fn a_claim_makes_missing_links_and_keeps_the_order_of_the_request() {
    let setting = Setting::new();
    let provider = setting.provider("app").pk;
    let (ada, bea) = (setting.user("ada"), setting.user("bea"));
    let team = setting.group("team", &[]);
    let known = setting.claim(provider, ObjectId::User(bea));
    setting.record(&known, LinkResult::Released);
    let asked = [
        (ObjectId::Group(team), setting.link_id()),
        (ObjectId::User(bea), setting.link_id()),
        (ObjectId::User(UserPk(4711)), setting.link_id()),
        (ObjectId::User(ada), setting.link_id()),
    ];
    let claimed = setting.run(move |conn| claims::claim(conn, provider, &asked, "worker", at(0), at(10)));
    let objects: Vec<ObjectId> = claimed.iter().map(|claim| claim.link.object).collect();
    assert_eq!(objects, [asked[0].0, asked[1].0, asked[3].0], "what does not exist is left out");
    assert_eq!(claimed[0].link.id, asked[0].1, "a new link has the id that was given");
    assert_eq!(claimed[1].link.id, known.link.id, "a link keeps its id");
    assert_eq!(claimed.iter().map(|claim| claim.epoch).collect::<Vec<_>>(), [1, 2, 1]);
    assert!(
        claimed.iter().all(|claim| claim.link.state == LinkState::New && claim.link.provider == provider)
    );
}

#[test]
fn a_lease_keeps_everybody_out_until_it_is_over() {
    let setting = Setting::new();
    let provider = setting.provider("app").pk;
    let ada = ObjectId::User(setting.user("ada"));
    let first = setting.claim(provider, ada);
    let claim = |owner: &'static str, minute: i64| {
        let id = setting.link_id();
        setting
            .run(move |conn| claims::claim(conn, provider, &[(ada, id)], owner, at(minute), at(minute + 10)))
    };
    assert_eq!(claim("other", 9), []);
    assert_eq!(claim("worker", 9), [], "nor does the owner lease it twice");
    let second = claim("other", 10).pop().unwrap();
    assert_eq!((second.link.id, second.epoch), (first.link.id, first.epoch + 1));
    assert_eq!(setting.record(&first, written("r1", 1, 1)).held, [], "the first owner has lost it");
    assert_eq!(setting.record(&second, written("r1", 1, 1)).held, [first.link.id]);
    assert_eq!(claim("third", 11).len(), 1, "what is recorded is free");
}

#[test]
fn a_lease_that_is_kept_beyond_an_outcome_leaves_a_doubt_when_its_holder_is_gone() {
    let setting = Setting::new();
    let provider = setting.provider("app").pk;
    let team = setting.group("team", &[]);
    let held = setting.claim(provider, ObjectId::Group(team));
    let mut result = written("r1", 1, 1);
    let LinkResult::Written { goes_on, .. } = &mut result else { panic!("it is written") };
    *goes_on = true;
    let asked = [(ObjectId::Group(team), held.link.id)];
    let claim = |owner: &'static str, minute: i64| {
        setting.run(move |conn| claims::claim(conn, provider, &asked, owner, at(minute), at(minute + 10)))
    };
    let again = |claim: &Claim| {
        assert_eq!(setting.record(claim, result.clone()).held, [held.link.id]);
    };
    again(&held);
    assert_eq!(claim("other", 9), [], "its members are still to be sent");
    let late = claim("other", 20).pop().unwrap();
    assert_eq!((late.link.state.remote_id(), late.link.fingerprint), (Some("r1"), None));

    again(&late);
    assert_eq!(setting.run(|conn| claims::release(conn, "other")), 1);
    let next = claim("third", 21).pop().unwrap();
    assert_eq!(next.link.fingerprint, None, "whoever stopped with it may have sent anything");
}

#[test]
fn who_is_at_work_on_what_the_remote_holds_otherwise_has_lost_it() {
    let setting = Setting::new();
    let provider = setting.provider("app").pk;
    let ada = ObjectId::User(setting.user("ada"));
    let claim = setting.claim(provider, ada);
    setting.record(&claim, written("r1", 1, 1));
    let claim = setting.claim(provider, ada);
    let link = claim.link.id;
    setting.run(move |conn| links::doubt(conn, &[link]));
    assert_eq!(setting.record(&claim, written("r1", 1, 1)).held, []);
    let link = setting.claim(provider, ada).link;
    assert_eq!((link.fingerprint, link.state.remote_id()), (None, Some("r1")));
}

#[test]
fn leases_are_extended_and_released_by_their_owner() {
    let setting = Setting::new();
    let provider = setting.provider("app").pk;
    let ada = ObjectId::User(setting.user("ada"));
    let link = setting.claim(provider, ada).link.id;
    let is_free = |minute: i64| {
        let wanted = [(ada, link)];
        let claim =
            move |conn: &mut Conn| claims::claim(conn, provider, &wanted, "other", at(minute), at(minute));
        !setting.run(claim).is_empty()
    };
    assert_eq!(setting.run(|conn| claims::extend_all(conn, "other", at(20))), 0);
    assert_eq!(setting.run(|conn| claims::extend_all(conn, "worker", at(20))), 1);
    assert!(!is_free(15));
    assert_eq!(setting.run(|conn| claims::release(conn, "other")), 0);
    assert_eq!(setting.run(|conn| claims::release(conn, "worker")), 1);
    assert!(is_free(15));
    assert_eq!(setting.run(claims::release_all), 1);
    assert!(is_free(0));
}

#[test]
fn a_create_is_begun_only_behind_the_fence_and_only_without_a_remote_id() {
    let setting = Setting::new();
    let provider = setting.provider("app");
    let (ada, bea) = (setting.user("ada"), setting.user("bea"));
    setting.link(&provider, bea, "r2");
    let claimed = [ada, bea].map(|pk| setting.claim(provider.pk, ObjectId::User(pk)));
    let intents = claimed.each_ref().map(|claim| Intent {
        link: claim.link.id,
        epoch: claim.epoch,
        external_id: format!("x-{}", claim.link.object),
        natural_key: "a 'name'".to_owned(),
    });
    let mut late = intents[0].clone();
    late.epoch -= 1;
    assert_eq!(setting.run(move |conn| claims::begin_create(conn, std::slice::from_ref(&late), at(1))), []);
    let begun = setting.run(move |conn| claims::begin_create(conn, &intents, at(1)));
    assert_eq!(begun, [claimed[0].link.id]);
    let id = claimed[0].link.id;
    let link = setting.run(move |conn| links::find(conn, id)).unwrap();
    let expected =
        LinkState::Creating { external_id: format!("x-user {ada}"), natural_key: "a 'name'".to_owned() };
    assert_eq!(link.state, expected);
    setting.record(&claimed[0], written("r1", 1, 1));
    let link = setting.run(move |conn| links::find(conn, id)).unwrap();
    assert_eq!(link.state, LinkState::Linked { remote_id: "r1".to_owned() });
}

#[test]
fn a_create_that_is_begun_again_is_the_last_attempt_from_then_on() {
    let setting = Setting::new();
    let provider = setting.provider("app");
    let ada = setting.user("ada");
    let claim = setting.claim(provider.pk, ObjectId::User(ada));
    let failed =
        LinkResult::Failed { attempt: attempt(Some(at(5))), forget_remote: false, version: 1, revision: 1 };
    setting.record(&claim, failed);
    let claim = setting.claim(provider.pk, ObjectId::User(ada));
    let intent = Intent {
        link: claim.link.id,
        epoch: claim.epoch,
        external_id: "x".to_owned(),
        natural_key: "ada".to_owned(),
    };
    setting.run(move |conn| claims::begin_create(conn, std::slice::from_ref(&intent), at(7)));
    let id = claim.link.id;
    let link = setting.run(move |conn| links::find(conn, id)).unwrap();
    assert_eq!(link.attempt, Some(Attempt { last_at: at(7), ..attempt(Some(at(5))) }));
}

#[test]
fn a_claim_of_a_deleted_object_holds_nothing() {
    let setting = Setting::new();
    let provider = setting.provider("app").pk;
    let ada = setting.user("ada");
    let claim = setting.claim(provider, ObjectId::User(ada));
    setting.run(move |conn| users::delete(conn, ada, at(1)));
    assert_eq!(setting.record(&claim, written("r1", 1, 1)), claims::Recorded::default());
}

#[test]
fn workers_side_by_side_never_hold_one_link_together() {
    let setting = Setting::new();
    let provider = setting.provider("app").pk;
    let users: Vec<UserPk> = (0..20).map(|i| setting.user(&format!("user{i}"))).collect();
    let asked: Vec<_> = users.iter().map(|pk| (ObjectId::User(*pk), setting.link_id())).collect();
    let claimed = setting.run_all(8, move |conn, i| {
        // Each comes with ids of its own, as it would in reality.
        let asked: Vec<_> = asked
            .iter()
            .map(|(object, id)| {
                (*object, scimitar_domain::LinkId(uuid::Uuid::from_u128(id.0.as_u128() ^ i as u128)))
            })
            .collect();
        claims::claim(conn, provider, &asked, &format!("worker{i}"), at(0), at(10))
    });
    let mut held: Vec<ObjectId> = claimed.into_iter().flatten().map(|claim| claim.link.object).collect();
    held.sort();
    assert_eq!(held, users.into_iter().map(ObjectId::User).collect::<Vec<_>>());
}
