//! What was learned of a remote is kept, corrected and forgotten.

use scimitar_domain::{Lesson, ObjectKind, Taught};
use scimitar_store::{StoreError, lessons, providers};

use crate::setting::{Setting, at};

fn lesson(kind: ObjectKind, taught: Taught, minute: i64) -> Lesson {
    Lesson { kind, taught, detail: "it answered 405".to_owned(), learned_at: at(minute) }
}

fn known(setting: &Setting, provider: scimitar_domain::ProviderPk) -> Vec<Lesson> {
    setting.run(move |conn| lessons::of_provider(conn, provider))
}

#[test]
fn a_lesson_is_kept_for_its_provider_and_the_newer_of_two_counts() {
    let setting = Setting::new();
    let (one, other) = (setting.provider("one").pk, setting.provider("other").pk);
    let learn = |provider, lesson: &Lesson| {
        let lesson = lesson.clone();
        setting.run(move |conn| lessons::learn(conn, provider, &lesson));
    };
    let first = lesson(ObjectKind::Group, Taught::MembersPerRequest(200), 1);
    let newer = lesson(ObjectKind::Group, Taught::MembersPerRequest(100), 2);
    let verb = lesson(ObjectKind::User, Taught::NoPut, 3);
    for lesson in [&first, &newer, &verb] {
        learn(one, lesson);
    }
    assert_eq!(known(&setting, one), [newer.clone(), verb]);
    assert_eq!(known(&setting, other), []);

    setting.run(move |conn| lessons::unlearn(conn, one, ObjectKind::User, Taught::NoPut));
    assert_eq!(known(&setting, one), [newer]);
}

#[test]
fn who_forgets_begins_anew_and_so_does_who_saves_the_provider() {
    let setting = Setting::new();
    let provider = setting.provider("one");
    let pk = provider.pk;
    let teach = || {
        let lesson = lesson(ObjectKind::User, Taught::NoPatch, 1);
        setting.run(move |conn| lessons::learn(conn, pk, &lesson));
    };
    teach();
    setting.run(move |conn| lessons::forget(conn, pk));
    assert_eq!(known(&setting, pk), []);
    let keyring = setting.keyring.clone();
    let raised = setting.run(move |conn| providers::get(conn, &keyring, pk)).revision;
    assert_eq!(raised, provider.revision + 1, "every process sees that it is to begin anew");

    teach();
    let (keyring, fields) = (setting.keyring.clone(), provider.fields.clone());
    setting.run(move |conn| providers::update(conn, &keyring, pk, &fields, at(2)));
    assert_eq!(known(&setting, pk), []);
}

#[test]
fn of_a_provider_that_is_gone_nothing_is_learned() {
    let setting = Setting::new();
    let pk = setting.provider("one").pk;
    let taught = lesson(ObjectKind::User, Taught::NoPatch, 1);
    let again = taught.clone();
    setting.run(move |conn| lessons::learn(conn, pk, &again));
    setting.run(move |conn| providers::delete(conn, pk));
    setting.run(move |conn| lessons::learn(conn, pk, &taught));
    assert_eq!(known(&setting, pk), []);
    let refused = setting.attempt(move |conn| lessons::forget(conn, pk)).unwrap_err();
    assert!(matches!(refused, StoreError::NotFound("provider")), "{refused:?}");
}
