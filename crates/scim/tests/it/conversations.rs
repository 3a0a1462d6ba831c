//! Whole conversations of identity providers, from the test of the connection to the last deletion, held with a service
//! in memory. A served instance is held to the same files by the tests of `http`.

use scimitar_scim::Dialect;

use crate::conversation::{Conversation, Story};
use crate::service::Service;

fn hold(text: &str) {
    let conversation = Conversation::read(text);
    let dialect = Dialect::named(&conversation.dialect).expect("a dialect");
    let mut service = Service::new(dialect);
    let mut story = Story::default();
    for step in &conversation.step {
        let (status, answer) = service.answer(&story.request(step));
        story.judge(step, status, &answer);
    }
}

#[test]
fn entra_provisions_a_user_and_a_group() {
    hold(include_str!("../corpus/conversations/entra.toml"));
}

#[test]
fn entra_with_the_newer_flag_keeps_to_the_rfc() {
    hold(include_str!("../corpus/conversations/entra-scim062020.toml"));
}

#[test]
fn okta_imports_provisions_and_pushes_a_group() {
    hold(include_str!("../corpus/conversations/okta.toml"));
}

#[test]
fn onelogin_provisions_by_put() {
    hold(include_str!("../corpus/conversations/onelogin.toml"));
}

#[test]
fn jumpcloud_activates_and_binds() {
    hold(include_str!("../corpus/conversations/jumpcloud.toml"));
}
