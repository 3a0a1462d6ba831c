//! A remote whose certificate is not good any more while a run is under way.

use scimitar_testkit::remote::{AUTHORITY, Shown, TlsFront};
use scimitar_testkit::world::World;

/// What the status says of the provider itself: class and reason.
async fn rests(world: &World) -> String {
    let status = world.engine.status(world.provider).await.unwrap();
    let of_provider = status.tasks[0].messages.iter().filter(|it| it.event.starts_with("Stopping sync"));
    of_provider.map(|it| format!("{}: {}", it.attributes["class"], it.event)).collect::<Vec<_>>().join("\n")
}

async fn a_run_that_meets(shown: Shown, reason: &str) {
    let world = World::new().await;
    let front = TlsFront::start(world.remote.url()).unwrap();
    let url = front.url().to_owned();
    world
        .change_provider(|provider| {
            provider.url = url;
            provider.access.authorities = AUTHORITY.to_owned();
            provider.sync_page_size = 5;
        })
        .await;
    let mut people = Vec::new();
    for n in 0..20 {
        people.push(world.user(&format!("user{n:02}")).await);
    }
    world.group("staff", &people).await;
    front.show_after(12, shown);
    world.start_full_sync().await;
    world.step().await;

    let told = rests(&world).await;
    assert!(told.starts_with("\"certificate\": ") && told.contains(reason), "{told}");
    let n_there = world.remote.users().len();
    assert!(n_there > 0 && n_there < 20, "{n_there} of 20 are there: {}", world.remote.transcript());
    let n_requests = world.remote.requests().len();
    world.step().await;
    assert_eq!(world.remote.requests().len(), n_requests, "nothing is sent to somebody else");

    front.show(Shown::Good);
    world.settle().await;
    let told = world.remote.transcript();
    assert_eq!(world.differences().await, Vec::<String>::new(), "{told}");
    let n_made = world.remote.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!(n_made, 21, "each is made once: {told}");
    assert_eq!(rests(&world).await, "");
}

#[tokio::test]
async fn a_certificate_that_expires_under_way_is_waited_for() {
    a_run_that_meets(Shown::Expired, "it has expired; it has to be renewed there").await;
}

#[tokio::test]
async fn a_certificate_that_is_exchanged_for_one_of_nobody_is_waited_for() {
    a_run_that_meets(Shown::OfNobody, "nobody who is trusted has issued it").await;
}
