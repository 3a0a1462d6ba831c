//! Passwords: kept as hashes, beside their users.

use scimitar_domain::Secret;
use scimitar_store::passwords::{self, PasswordHash};
use scimitar_store::{StoreError, users};

use crate::world::{World, at, drain, user};

fn hash(password: &str) -> PasswordHash {
    PasswordHash::of(&Secret::new(password.to_owned()), [1; 16]).unwrap()
}

#[tokio::test]
async fn a_password_is_set_replaced_and_gone_with_its_user() {
    let world = World::new();
    let ada = world.write(|conn| user(conn, "ada")).await;
    world.write(drain).await;
    assert_eq!(world.read(move |conn| passwords::find(conn, ada.pk)).await, None);
    for (moment, password) in [(7, "first"), (8, "second")] {
        let hash = hash(password);
        let kept = hash.clone();
        world.write(move |conn| passwords::set(conn, ada.pk, &hash, at(moment))).await;
        assert_eq!(world.read(move |conn| passwords::find(conn, ada.pk)).await, Some(kept));
        let read = world.read(move |conn| users::get(conn, ada.pk)).await;
        assert_eq!((read.password_change_date, read.last_updated), (at(moment), at(moment)));
        // Nobody is sent it.
        assert_eq!((read.version, world.write(drain).await), (ada.version, vec![]));
    }
    world.write(move |conn| users::delete(conn, ada.pk, at(9))).await;
    assert_eq!(world.read(move |conn| passwords::find(conn, ada.pk)).await, None);
    let hash = hash("third");
    let refused = world.refusal(move |conn| passwords::set(conn, ada.pk, &hash, at(9))).await;
    assert!(matches!(refused, StoreError::NotFound("user")));
}
