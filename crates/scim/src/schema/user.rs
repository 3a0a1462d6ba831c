//! The User schema (RFC 7643 §4.1).

use std::borrow::Cow;

use super::attribute::Attribute;
use super::characteristic::{DataType, Mutability, Returned, Uniqueness};
use super::{Schema, enterprise};
use crate::urn;

/// The core User schema.
pub(super) fn schema() -> Schema {
    let mut attributes = single();
    attributes.extend(contacts());
    attributes.extend(rights());
    Schema {
        id: Cow::Borrowed(urn::USER),
        name: Cow::Borrowed("User"),
        description: Cow::Borrowed("A person with an account"),
        attributes,
    }
}

/// The extension that ships with it.
pub(super) fn extension() -> Schema {
    enterprise::schema()
}

fn single() -> Vec<Attribute> {
    let text = Attribute::string;
    vec![
        text("userName", "The name by which the person signs in, unique whatever its case")
            .required()
            .unique(Uniqueness::Server),
        Attribute::complex(
            "name",
            "The parts of the person's name",
            vec![
                text("formatted", "The whole name as it is shown"),
                text("familyName", "The family name"),
                text("givenName", "The given name"),
                text("middleName", "The middle names"),
                text("honorificPrefix", "What stands before the name, such as a title"),
                text("honorificSuffix", "What stands after the name"),
            ],
        ),
        text("displayName", "The name to show to others"),
        text("nickName", "What friends and colleagues say"),
        Attribute::reference("profileUrl", "A page about the person", &["external"]),
        text("title", "The position in the organisation"),
        text("userType", "How the person belongs to the organisation"),
        text("preferredLanguage", "The language to address the person in, as in Accept-Language"),
        text("locale", "How dates, numbers and money are written, such as en-GB"),
        text("timezone", "The time zone, such as Europe/Paris"),
        Attribute::boolean("active", "Whether the person may sign in"),
        text("password", "A new password in clear; never stored as such and never returned")
            .mutability(Mutability::WriteOnly)
            .returned(Returned::Never),
    ]
}

fn contacts() -> Vec<Attribute> {
    let text = Attribute::string;
    vec![
        plural("emails", "Mail addresses", text("value", "The address"), &["work", "home", "other"]),
        plural(
            "phoneNumbers",
            "Telephone numbers",
            text("value", "The number, best as a URI of RFC 3966"),
            &["work", "home", "mobile", "fax", "pager", "other"],
        ),
        plural(
            "ims",
            "Addresses for instant messages",
            text("value", "The address"),
            &["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"],
        ),
        plural(
            "photos",
            "Pictures of the person",
            Attribute::reference("value", "The address of the picture", &["external"]),
            &["photo", "thumbnail"],
        ),
        Attribute::complex(
            "addresses",
            "Postal addresses",
            vec![
                text("formatted", "The whole address as it is written on a letter"),
                text("streetAddress", "Street, house number and what else stands before the town"),
                text("locality", "The town"),
                text("region", "The state or region"),
                text("postalCode", "The postal code"),
                text("country", "The country by its two letters of ISO 3166-1"),
                text("type", "What the address is for").canonical(&["work", "home", "other"]),
                primary(),
            ],
        )
        .many(),
    ]
}

fn rights() -> Vec<Attribute> {
    let text = Attribute::string;
    vec![
        Attribute::complex(
            "groups",
            "The groups that the person is in, kept by the service",
            vec![
                text("value", "The id of the group").case_exact(),
                Attribute::reference("$ref", "The address of the group", &["User", "Group"]),
                text("display", "The name of the group"),
                text("type", "Whether through another group").canonical(&["direct", "indirect"]),
            ],
        )
        .many()
        .read_only(),
        plural("entitlements", "What the person is entitled to", text("value", "The entitlement"), &[]),
        plural("roles", "What the person may act as", text("value", "The role"), &[]),
        plural(
            "x509Certificates",
            "Certificates of the person",
            Attribute::new(DataType::Binary, "value", "The certificate in DER, as base64"),
            &[],
        ),
    ]
}

/// A multi-valued attribute with the usual sub-attributes (RFC 7643 §2.4).
fn plural(
    name: &'static str,
    description: &'static str,
    value: Attribute,
    types: &[&'static str],
) -> Attribute {
    let sub_attributes = vec![
        value,
        Attribute::string("display", "How to show the value"),
        Attribute::string("type", "What the value is for").canonical(types),
        primary(),
    ];
    Attribute::complex(name, description, sub_attributes).many()
}

fn primary() -> Attribute {
    Attribute::boolean("primary", "Whether this is the one to prefer; true at most once")
}
