//! The extension for people in organisations (RFC 7643 §4.3).

use std::borrow::Cow;

use super::Schema;
use super::attribute::Attribute;
use crate::urn;

pub(super) fn schema() -> Schema {
    let text = Attribute::string;
    Schema {
        id: Cow::Borrowed(urn::ENTERPRISE_USER),
        name: Cow::Borrowed("EnterpriseUser"),
        description: Cow::Borrowed("What an organisation knows of a person"),
        attributes: vec![
            text("employeeNumber", "The number that the organisation gave the person"),
            text("costCenter", "The cost centre"),
            text("organization", "The organisation"),
            text("division", "The division"),
            text("department", "The department"),
            Attribute::complex(
                "manager",
                "Whom the person reports to",
                vec![
                    text("value", "The id of the manager").case_exact(),
                    Attribute::reference("$ref", "The address of the manager", &["User"]),
                    text("displayName", "The name of the manager, kept by the service").read_only(),
                ],
            ),
        ],
    }
}
