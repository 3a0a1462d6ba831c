//! What was said last about an object.

use scimitar_domain::{KeptExchange, LinkId, ObjectId};
use scimitar_store::{exchanges, links, users};

use crate::setting::{Setting, at};

fn exchange(status: Option<i32>, minute: i64) -> KeptExchange {
    KeptExchange {
        at: at(minute),
        method: "POST".to_owned(),
        url: "https://wiki.example.com/scim/Users".to_owned(),
        status,
        duration_ms: 12,
        request: status.map(|_| "{\"userName\":\"ada\"}".to_owned()),
        response: None,
    }
}

fn keep(setting: &Setting, link: LinkId, kept: &KeptExchange) {
    let kept = kept.clone();
    setting.run(move |conn| exchanges::keep(conn, link, &kept));
}

#[test]
fn the_last_exchange_of_a_link_takes_the_place_of_the_one_before_and_goes_with_it() {
    let setting = Setting::new();
    let (app, other) = (setting.provider("app"), setting.provider("other"));
    let ada = setting.user("ada");
    let link = setting.link(&app, ada, "r1");
    let elsewhere = setting.claim(other.pk, ObjectId::User(ada)).link.id;
    assert_eq!(setting.run(move |conn| exchanges::find(conn, link)), None);
    for kept in [exchange(Some(400), 1), exchange(None, 2)] {
        keep(&setting, link, &kept);
        assert_eq!(setting.run(move |conn| exchanges::find(conn, link)), Some(kept));
    }
    assert_eq!(setting.run(move |conn| exchanges::find(conn, elsewhere)), None);

    setting.run(move |conn| users::delete(conn, ada, at(3)));
    assert!(setting.run(move |conn| links::of_objects(conn, app.pk, &[ObjectId::User(ada)])).is_empty());
    assert_eq!(setting.run(move |conn| exchanges::find(conn, link)), None);
    keep(&setting, link, &exchange(Some(500), 4));
    assert_eq!(
        setting.run(move |conn| exchanges::find(conn, link)),
        None,
        "a link that is gone keeps nothing"
    );
}
