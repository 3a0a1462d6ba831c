//! The Group schema (RFC 7643 §4.2).

use std::borrow::Cow;

use super::Schema;
use super::attribute::Attribute;
use crate::urn;

pub(super) fn schema() -> Schema {
    let text = Attribute::string;
    Schema {
        id: Cow::Borrowed(urn::GROUP),
        name: Cow::Borrowed("Group"),
        description: Cow::Borrowed("A set of people and groups"),
        attributes: vec![
            // The text of §4.2 demands it; the sample of §8.7.1 forgot to.
            text("displayName", "The name of the group").required(),
            Attribute::complex(
                "members",
                "Who is in the group",
                vec![
                    text("value", "The id of the member").case_exact().immutable(),
                    Attribute::reference("$ref", "The address of the member", &["User", "Group"]).immutable(),
                    text("type", "What the member is").canonical(&["User", "Group"]).immutable(),
                    text("display", "The name of the member, kept by the service").read_only(),
                ],
            )
            .many(),
        ],
    }
}
