//! How a client strays from the RFCs, as data. The code reads the fields and has no `if vendor`.

use crate::filter::Rules;

/// What is forgiven, and what odd shapes mean.
///
/// What can mean only one thing is understood in every dialect: operations in capitals (RFC 7644 §3.5.2 has them
/// in small letters), names and URNs in any case, `Operations` in any case, an extension's attribute without its
/// URN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// As it stands in the settings of a source.
    pub name: &'static str,
    /// Values in another JSON type that can mean only one thing: `"True"` for a truth, a bare text for an object
    /// with `value`, one object for a list of one and the other way round.
    pub loose_values: bool,
    /// Attributes whose `value` may be a whole element as JSON in a text: `"{\"id\":…,\"value\":\"admin\",…}"`.
    pub packed: &'static [&'static str],
    /// Texts without quotes in filters.
    pub bare_words: bool,
    /// The `schemas` of a message or a resource may be missing or name something else.
    pub loose_schemas: bool,
    /// The keys of an operation without path may be paths: `name.givenName`, `urn:…:User:department`,
    /// `emails[type eq "work"].value`.
    pub keys_are_paths: bool,
    /// `remove` with a `value` takes away only that. By the RFC the value means nothing and everything goes.
    pub remove_by_value: bool,
    /// `replace` with a filter that selects nothing makes what it would have replaced. By the RFC it is `noTarget`.
    pub replace_creates: bool,
    /// What a body has and no schema knows.
    pub unknown: UnknownAttributes,
    /// A PATCH operation whose path names nothing is passed over. By the RFC it is `invalidPath`.
    pub unknown_paths_ignored: bool,
    /// PUT leaves alone what it does not mention. By the RFC that is cleared.
    pub put_keeps_absent: bool,
    /// `attributes` counts when `excludedAttributes` is there too. By the RFC they exclude each other.
    pub attributes_win: bool,
    /// URNs that the client writes for those of the RFC.
    pub urn_aliases: &'static [(&'static str, &'static str)],
}

/// What becomes of attributes that no schema knows. The objects of unknown extensions are kept in any case, unless
/// they are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownAttributes {
    Ignored,
    Stored,
    Refused,
}

/// The URNs of drafts before the RFC, which OneLogin's templates still have.
const DRAFT_URNS: &[(&str, &str)] = &[
    ("urn:scim:schemas:core:1.0", crate::urn::USER),
    ("urn:scim:schemas:core:2.0", crate::urn::USER),
    ("urn:scim:schemas:core:2.0:User", crate::urn::USER),
    ("urn:scim:schemas:core:2.0:Group", crate::urn::GROUP),
    ("urn:scim:schemas:extension:enterprise:1.0", crate::urn::ENTERPRISE_USER),
    ("urn:scim:schemas:extension:enterprise:2.0", crate::urn::ENTERPRISE_USER),
    ("urn:scim:schemas:extension:enterprise:2.0:User", crate::urn::ENTERPRISE_USER),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0", crate::urn::ENTERPRISE_USER),
];

impl Dialect {
    /// The RFCs to the letter.
    pub const STRICT: Self = Self {
        name: "strict",
        loose_values: false,
        packed: &[],
        bare_words: false,
        loose_schemas: false,
        keys_are_paths: false,
        remove_by_value: false,
        replace_creates: false,
        unknown: UnknownAttributes::Refused,
        unknown_paths_ignored: false,
        put_keeps_absent: false,
        attributes_win: false,
        urn_aliases: &[],
    };

    /// Whoever it is: everything that does no harm to those who keep to the RFCs.
    pub const GENERIC: Self = Self {
        name: "generic",
        loose_values: true,
        // Entra's mapping of application roles.
        packed: &["roles", "entitlements"],
        bare_words: true,
        loose_schemas: true,
        keys_are_paths: true,
        // Entra, JumpCloud and others mean it so. Nobody who means all members sends a list of some.
        remove_by_value: true,
        replace_creates: false,
        unknown: UnknownAttributes::Ignored,
        unknown_paths_ignored: false,
        put_keeps_absent: false,
        attributes_win: true,
        urn_aliases: DRAFT_URNS,
    };

    /// Microsoft Entra ID. It replaces `emails[type eq "work"].value` where it believes that there is one, and tries
    /// for ever when it is told that there is none.
    pub const ENTRA: Self = Self { name: "entra", replace_creates: true, ..Self::GENERIC };

    /// Okta.
    pub const OKTA: Self = Self { name: "okta", ..Self::GENERIC };

    /// OneLogin, whose bodies are templates that its administrators edit.
    pub const ONELOGIN: Self = Self { name: "onelogin", unknown_paths_ignored: true, ..Self::GENERIC };

    /// JumpCloud.
    pub const JUMPCLOUD: Self = Self { name: "jumpcloud", replace_creates: true, ..Self::GENERIC };

    /// For clients that were set up against authentik: what is absent or empty in a PUT stays, and unknown
    /// attributes are kept.
    pub const AUTHENTIK: Self = Self {
        name: "authentik",
        replace_creates: true,
        unknown: UnknownAttributes::Stored,
        unknown_paths_ignored: true,
        put_keeps_absent: true,
        ..Self::GENERIC
    };

    pub const ALL: [Self; 7] = [
        Self::STRICT,
        Self::GENERIC,
        Self::ENTRA,
        Self::OKTA,
        Self::ONELOGIN,
        Self::JUMPCLOUD,
        Self::AUTHENTIK,
    ];

    /// The dialect of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name == name)
    }

    /// The bounds of filters in queries and paths.
    pub fn rules(&self) -> Rules {
        if self.bare_words { Rules::LENIENT } else { Rules::STRICT }
    }

    /// The URN that the client means.
    pub fn urn<'a>(&self, urn: &'a str) -> &'a str {
        self.urn_aliases
            .iter()
            .find(|(alias, _)| alias.eq_ignore_ascii_case(urn))
            .map_or(urn, |(_, meant)| meant)
    }
}

impl Default for Dialect {
    fn default() -> Self {
        Self::GENERIC
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_is_found_by_its_name() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::named(dialect.name), Some(dialect));
        }
        assert_eq!(Dialect::named("other"), None);
    }

    #[test]
    fn an_alias_means_the_urn_of_the_rfc() {
        let urn = "URN:scim:schemas:extension:enterprise:2.0";
        assert_eq!(Dialect::ONELOGIN.urn(urn), crate::urn::ENTERPRISE_USER);
        assert_eq!(Dialect::STRICT.urn(urn), urn);
    }
}
