//! A remote whose rate is known is never asked for more, by however many replicas.
//!
//! Where the story's clock stands still between two turns, calls of several turns may arrive at one moment; so what is
//! judged is how long all of them take.

use chrono::TimeDelta;

use scimitar_domain::Timestamp;
use scimitar_testkit::world::World;

const PROFILE: &str = "[rate]\nper_second = 5.0\nburst = 3";

/// A world whose remote is known to bear five calls a second, three of them at once.
async fn rated() -> World {
    let world = World::new().await.knowing("acme", PROFILE);
    world.change_provider(|provider| provider.profile = "acme".to_owned()).await;
    world.settle().await;
    world.remote.clear_requests();
    world
}

/// How long the calls took, up to the last. When the first arrived says less than when it might have been made: the
/// clock may have jumped between the two.
fn took_since(world: &World, begun: Timestamp) -> TimeDelta {
    world.remote.requests().iter().map(|request| request.at).max().unwrap() - begun
}

#[tokio::test]
async fn a_known_rate_is_kept_without_being_told() {
    let world = rated().await;
    for n in 0..40 {
        world.user(&format!("u{n}")).await;
    }
    let begun = world.now();
    world.full_sync().await;

    assert_eq!(world.remote.users().len(), 40, "{}", world.remote.transcript());
    let took = world.now() - begun;
    assert!(took >= TimeDelta::milliseconds(7_400), "37 calls behind the first three took {took}");
    assert!(took < TimeDelta::minutes(2), "and no more waiting than that: {took}");
}

#[tokio::test]
async fn replicas_share_the_rate() {
    let world = rated().await;
    for n in 0..20 {
        world.user(&format!("u{n}")).await;
    }
    world.engine.dispatch().await.unwrap();
    let (_, other) = world.replica("second");
    let begun = world.now();
    while world.remote.users().len() < 20 && world.now() - begun < TimeDelta::minutes(2) {
        let ((), theirs) = tokio::join!(world.step(), other.run_due());
        theirs.unwrap();
        world.clock.advance(TimeDelta::milliseconds(50));
    }

    assert_eq!(world.remote.users().len(), 20, "{}", world.remote.transcript());
    let took = took_since(&world, begun);
    assert!(took >= TimeDelta::milliseconds(2_400), "17 calls behind the first three took {took}");
    world.settle().await;
}
